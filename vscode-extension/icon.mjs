// Draws images/icon.png: a module tree on a dark ground. Run it after a change: node icon.mjs
import { writeFileSync } from "node:fs"
import { deflateSync } from "node:zlib"

const size = 256
const over = 4 // samples per pixel and direction
const shapes = [] // [inside(x, y), colour]; later ones lie above

const box = (x0, y0, x1, y1, r) => (x, y) => {
  const dx = Math.max(x0 + r - x, 0, x - (x1 - r))
  const dy = Math.max(y0 + r - y, 0, y - (y1 - r))
  return Math.hypot(dx, dy) <= r
}
shapes.push([box(8, 8, 248, 248, 48), [16, 35, 27]])
for (const [x0, y0, x1, y1] of [[78, 96, 86, 204], [78, 124, 112, 132], [78, 160, 112, 168], [78, 196, 112, 204]]) shapes.push([box(x0, y0, x1, y1, 3), [118, 185, 0]])
shapes.push([box(52, 52, 204, 96, 12), [118, 185, 0]])
for (const [i, width] of [72, 52, 92].entries()) shapes.push([box(112, 114 + 36 * i, 112 + width, 142 + 36 * i, 8), [214, 240, 190]])
// The plus of "add".
shapes.push([box(64, 70, 84, 78, 2), [16, 35, 27]], [box(70, 64, 78, 84, 2), [16, 35, 27]])

const rows = []
for (let y = 0; y < size; y++) {
  const row = Buffer.alloc(1 + 4 * size)
  for (let x = 0; x < size; x++) {
    const sum = [0, 0, 0, 0]
    for (let i = 0; i < over * over; i++) {
      const px = x + ((i % over) + 0.5) / over
      const py = y + (Math.floor(i / over) + 0.5) / over
      const hit = shapes.findLast(([inside]) => inside(px, py))
      if (hit) [...hit[1], 255].forEach((v, c) => (sum[c] += v))
    }
    const covered = sum[3] / 255
    for (let c = 0; c < 3; c++) row[1 + 4 * x + c] = covered ? Math.round(sum[c] / covered) : 0
    row[1 + 4 * x + 3] = Math.round((covered / (over * over)) * 255)
  }
  rows.push(row)
}

const crcTable = Array.from({ length: 256 }, (_, n) => {
  for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1
  return n >>> 0
})
const crc = (data) => (data.reduce((c, b) => crcTable[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff) ^ 0xffffffff) >>> 0
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data])
  const out = Buffer.alloc(12 + data.length)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc(body), 8 + data.length)
  return out
}
const header = Buffer.alloc(13)
header.writeUInt32BE(size, 0)
header.writeUInt32BE(size, 4)
header.set([8, 6, 0, 0, 0], 8)
writeFileSync("images/icon.png", Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", header), chunk("IDAT", deflateSync(Buffer.concat(rows), { level: 9 })), chunk("IEND", Buffer.alloc(0))]))
