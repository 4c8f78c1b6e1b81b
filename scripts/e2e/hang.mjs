// A Hub that takes every connection and never answers. Prints its port.
import { createServer } from 'node:net'

const server = createServer(() => {})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
