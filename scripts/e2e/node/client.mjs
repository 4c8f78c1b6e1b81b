// Drives the built server with the protocol's own library, as VS Code does.
// Run by scripts/e2e.sh, which sets FIB_LS (the binary), WORK (a scratch
// workspace) and HANG (the port of a Hub that never answers).
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node'
import * as lsp from 'vscode-languageserver-protocol'

const { FIB_LS, WORK, HANG } = process.env
const file = `${WORK}/web/apps/web/data/models.ts`
const uri = `file://${file}`
let passed = 0

function check(name, ok, detail) {
  if (!ok) {
    console.log(`not ok - node: ${name}`, JSON.stringify(detail, null, 1))
    process.exit(1)
  }
  passed++
  console.log(`ok - node: ${name}`)
}

// One waiter per condition, looked at whenever something has arrived.
const waiters = new Set()
const arrived = () => waiters.forEach((w) => w())
function wait(name, condition, detail = () => 'timed out') {
  return new Promise((resolve) => {
    const look = () => {
      const value = condition()
      if (!value) return
      waiters.delete(look)
      clearTimeout(timer)
      check(name, true)
      resolve(value)
    }
    const timer = setTimeout(() => check(name, false, detail()), 20000)
    waiters.add(look)
    look()
  })
}

// An editor's buffer: UTF-16, like JavaScript's own strings.
let text = readFileSync(file, 'utf8')
let version = 1
const offset = (p) => text.split('\n').slice(0, p.line).reduce((n, l) => n + l.length + 1, 0) + p.character
const position = (at) => {
  const before = text.slice(0, at).split('\n')
  return { line: before.length - 1, character: before.at(-1).length }
}
const find = (piece, skip = 0) => {
  const at = text.indexOf(piece)
  check(`the buffer has ${piece}`, at >= 0)
  return { textDocument: { uri }, position: position(at + skip) }
}
let connection
function edit(edits) {
  const sorted = [...edits].sort((a, b) => offset(b.range.start) - offset(a.range.start))
  for (const e of sorted) text = text.slice(0, offset(e.range.start)) + e.newText + text.slice(offset(e.range.end))
  version++
  return connection.sendNotification(lsp.DidChangeTextDocumentNotification.type, {
    textDocument: { uri, version },
    contentChanges: sorted.map((e) => ({ range: e.range, text: e.newText })),
  })
}
const apply = (workspaceEdit) => {
  const change = workspaceEdit.documentChanges[0]
  if (change.textDocument.version !== version) return false
  edit(change.edits)
  return true
}

async function session(encoding) {
  text = readFileSync(file, 'utf8')
  version = 1
  const server = spawn(FIB_LS, ['serve', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => server.on('exit', (code) => resolve(code)))
  connection = createMessageConnection(new StreamMessageReader(server.stdout), new StreamMessageWriter(server.stdin))
  let diagnostics, registered
  const progress = []
  const messages = []
  let settings = { huggingface: { offline: true } }
  connection.onNotification(lsp.PublishDiagnosticsNotification.type, (p) => { diagnostics = p; arrived() })
  connection.onNotification(lsp.ShowMessageNotification.type, (p) => { messages.push(p.message); arrived() })
  connection.onNotification('$/progress', (p) => { progress.push(p); arrived() })
  connection.onRequest(lsp.WorkDoneProgressCreateRequest.type, () => null)
  connection.onRequest(lsp.RegistrationRequest.type, (p) => { registered = p; arrived() })
  connection.onRequest(lsp.ConfigurationRequest.type, (p) => p.items.map(() => settings))
  connection.onRequest(lsp.ShowMessageRequest.type, (p) => { messages.push(p.message); arrived(); return null })
  connection.onRequest(lsp.ShowDocumentRequest.type, () => ({ success: true }))
  connection.onRequest(lsp.ApplyWorkspaceEditRequest.type, (p) => {
    const applied = apply(p.edit)
    arrived()
    return { applied }
  })
  connection.listen()
  const rule = (code) => diagnostics?.diagnostics.find((d) => d.code === code)

  const { capabilities, serverInfo } = await connection.sendRequest(lsp.InitializeRequest.type, {
    processId: process.pid, rootUri: `file://${WORK}`, clientInfo: { name: 'vscode-languageserver-protocol' },
    workspaceFolders: [{ uri: `file://${WORK}`, name: 'e2e' }],
    capabilities: {
      general: { positionEncodings: [encoding] },
      workspace: {
        applyEdit: true, configuration: true, workspaceEdit: { documentChanges: true },
        didChangeWatchedFiles: { dynamicRegistration: true },
      },
      window: { workDoneProgress: true, showDocument: { support: true }, showMessage: {} },
      textDocument: {
        publishDiagnostics: { relatedInformation: true, versionSupport: true, codeDescriptionSupport: true },
        codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: [] } } },
        hover: { contentFormat: ['markdown'] },
      },
    },
  })
  check('initialize', serverInfo.name === 'fib-ls' && capabilities.positionEncoding === encoding, capabilities)
  connection.sendNotification(lsp.InitializedNotification.type, {})
  await wait('watched files are registered', () => registered)
  connection.sendNotification(lsp.DidOpenTextDocumentNotification.type, {
    textDocument: { uri, languageId: 'typescript', version, text },
  })

  // Diagnostics, at the right column behind characters of every width.
  await wait('diagnostics appear', () => rule('unknown-parent'))
  const line = text.split('\n').findIndex((l) => l.includes('"layerz"'))
  const before = text.split('\n')[line].split('"layerz"')[0]
  const column = encoding === 'utf-8' ? Buffer.byteLength(before) : before.length
  const { range } = rule('unknown-parent')
  check('on the right line and column', range.start.line === line && range.start.character === column && range.end.character === column + 8, range)
  check('with their version', diagnostics.version === 1, diagnostics.version)
  if (encoding === 'utf-8') {
    await stop()
    return
  }

  // Hover, and a request that is cancelled.
  const hover = await connection.sendRequest(lsp.HoverRequest.type, find('gemm_n6144_k4096', 3))
  check('hover decodes a Definition', hover.contents.value.includes('n = 6144'), hover)

  // Quick fix and rename.
  const actions = async (at) => connection.sendRequest(lsp.CodeActionRequest.type, {
    textDocument: { uri }, range: { start: at.position, end: at.position }, context: { diagnostics: [] },
  })
  const named = (list, title) => {
    const found = list.find((a) => a.title === title)
    check(`there is the action ${title}`, found, list)
    return found
  }
  const fix = named(await actions(find('"layerz"', 2)), 'Change the parent to "layers"')
  check('the quick fix is for this version', apply(fix.edit), fix)
  await wait('its diagnostic goes', () => !rule('unknown-parent'))
  const renamed = await connection.sendRequest(lsp.RenameRequest.type, { ...find('layers: {'), newName: 'decoder_layers' })
  apply(renamed)
  check('rename changes the key and its parents', text.includes('decoder_layers: {') && text.split('"decoder_layers"').length === 3, text)

  // The safe fixes of the whole file, as editors ask for them on save.
  const spelled = find('gemm_n6144_k4096').position
  edit([{ range: { start: spelled, end: { ...spelled, character: spelled.character + 'gemm_n6144_k4096'.length } }, newText: 'gemm_n_6144_k_4096' }])
  await wait('the spelling is a finding', () => rule('legacy-definition'), () => diagnostics)
  const [all, ...others] = await connection.sendRequest(lsp.CodeActionRequest.type, {
    textDocument: { uri }, range: { start: find('id: "tiny"').position, end: find('id: "tiny"').position },
    context: { diagnostics: [], only: [lsp.CodeActionKind.SourceFixAll], triggerKind: lsp.CodeActionTriggerKind.Automatic },
  })
  check('source.fixAll has the one action', all?.kind === 'source.fixAll.fib-ls' && others.length === 0, [all, ...others])
  check('it is for this version', apply(all.edit), all)
  check('it mends the spelling', text.includes('gemm_n6144_k4096') && !text.includes('gemm_n_6144'), text)

  // What the command line's plan and discover say, as commands.
  const { plan } = await connection.sendRequest(lsp.ExecuteCommandRequest.type, { command: 'fib-ls.plan', arguments: ['Qwen/Qwen3-0.6B', uri] })
  check('fib-ls.plan gives the kernel inventory', JSON.stringify(plan)?.includes('rmsnorm_h1024'), plan)
  const discovered = await connection.sendRequest(lsp.ExecuteCommandRequest.type, { command: 'fib-ls.discover', arguments: [uri] })
  check('fib-ls.discover lists models', JSON.stringify(discovered).length > 1000, discovered)

  // Marker comment -> code action -> entry.
  const end = find('] satisfies').position
  edit([{ range: { start: end, end }, newText: '  // fib: add Qwen/Qwen3-0.6B skip-sglang=true\n' }])
  await wait('the marker is found', () => rule('add-model'))
  const add = named(await actions(find('fib: add', 2)), 'Add model from HuggingFace: Qwen/Qwen3-0.6B')
  const ack = await connection.sendRequest(lsp.ExecuteCommandRequest.type, add.command)
  check('the job is acknowledged', ack.jobId, ack)
  await wait('the entry is inserted', () => text.includes('id: "qwen3-0.6b"'), () => messages)
  check('the marker is gone', !text.includes('fib: add'), text)
  await wait('the user is told', () => messages.some((m) => m.startsWith('Added qwen3-0.6b')), () => messages)
  await wait('progress ends', () => progress.some((p) => p.value.kind === 'end'), () => progress)
  const percentages = progress.map((p) => p.value.percentage).filter((n) => n !== undefined)
  check('its percentage does not fall', percentages.every((n, i) => i === 0 || n >= percentages[i - 1]), percentages)
  await wait('the new entry is clean', () => diagnostics.version === version && diagnostics.diagnostics.length === 0, () => diagnostics)

  // Cancel: a Hub that never answers, by a change of the settings; with
  // $/cancelRequest on a call that waits for its job.
  settings = { huggingface: { offline: false, endpoint: `http://127.0.0.1:${HANG}` } }
  connection.sendNotification(lsp.DidChangeConfigurationNotification.type, { settings: null })
  await new Promise((resolve) => setTimeout(resolve, 300))
  const unchanged = text
  progress.length = 0
  const cancel = new lsp.CancellationTokenSource()
  const waiting = connection.sendRequest(lsp.ExecuteCommandRequest.type,
    { command: 'fib-ls.addModel', arguments: [{ repoId: 'nobody/Hangs-7B', uri, wait: true }] }, cancel.token)
  await wait('it is under way', () => progress.some((p) => p.value.kind === 'begin'), () => messages)
  cancel.cancel()
  const error = await waiting.then(() => null, (e) => e)
  check('the call is answered as cancelled', error?.code === lsp.LSPErrorCodes.RequestCancelled, error)
  check('the text is as it was', text === unchanged)
  await stop()

  async function stop() {
    await connection.sendRequest(lsp.ShutdownRequest.type)
    connection.sendNotification(lsp.ExitNotification.type)
    check('the server leaves with code 0', (await exited) === 0)
    connection.dispose()
  }
}

await session('utf-8')
await session('utf-16')
console.log(`# node ${process.version}, vscode-languageserver-protocol: ${passed} checks`)
process.exit(0)
