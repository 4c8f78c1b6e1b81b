-- Drives the built server from headless Neovim (0.7 and later) with nothing
-- but what Neovim brings along. Run by scripts/e2e.sh, which sets FIB_LS (the
-- binary), WORK (a scratch workspace) and HANG (the port of a Hub that never
-- answers).
local bin, work = os.getenv('FIB_LS'), os.getenv('WORK')
local file = work .. '/web/apps/web/data/models.ts'
local passed = 0

local function check(name, ok, detail)
  if not ok then
    io.stdout:write('not ok - nvim: ' .. name .. ' ' .. vim.inspect(detail) .. '\n')
    vim.cmd('cquit 1')
  end
  passed = passed + 1
  io.stdout:write('ok - nvim: ' .. name .. '\n')
end

local function wait(name, condition, detail)
  check(name, vim.wait(20000, condition, 20), detail and detail() or 'timed out')
end

-- Messages and questions of the server, answered by what the test says.
local messages, questions, answer = {}, {}, nil
vim.lsp.handlers['window/showMessage'] = function(_, p) table.insert(messages, p.message) end
vim.lsp.handlers['window/showMessageRequest'] = function(_, p)
  table.insert(questions, p.message)
  for _, action in ipairs(p.actions or {}) do
    if action.title == answer then return action end
  end
  return vim.NIL
end
local progress = {}
vim.lsp.handlers['$/progress'] = function(_, p) table.insert(progress, p) end

vim.cmd('edit ' .. file)
vim.bo.filetype = 'typescript'
local buffer, exited = vim.api.nvim_get_current_buf(), nil
local id = vim.lsp.start_client({
  name = 'fib-ls', cmd = { bin, 'serve' }, root_dir = work,
  init_options = { huggingface = { offline = true } },
  get_language_id = function() return 'typescript' end,
  on_exit = function(code, signal) exited = { code, signal } end,
})
vim.lsp.buf_attach_client(buffer, id)
local client = vim.lsp.get_client_by_id(id)

local function lines() return vim.api.nvim_buf_get_lines(buffer, 0, -1, false) end
local function text() return table.concat(lines(), '\n') end
-- find gives the zero-based line and byte of a piece of text.
local function find(piece)
  for i, line in ipairs(lines()) do
    local at = line:find(piece, 1, true)
    if at then return i - 1, at - 1 end
  end
  check('the buffer has ' .. piece, false, lines())
end
local function params(piece, skip)
  local line, byte = find(piece)
  byte = byte + (skip or 0)
  local character = vim.str_utfindex(lines()[line + 1], byte)
  local _, utf16 = vim.str_utfindex(lines()[line + 1], byte)
  return { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = { line = line, character = utf16 or character } }
end
local function request(method, p)
  local r, err = client.request_sync(method, p, 20000, buffer)
  check(method .. ' is answered', r and not r.err, { r, err })
  return r.result
end
local function codes()
  local out = {}
  for _, d in ipairs(vim.diagnostic.get(buffer)) do out[d.code] = d end
  return out
end

-- Diagnostics, at the right column behind characters of every width.
wait('diagnostics appear', function() return codes()['unknown-parent'] ~= nil end)
local d, line, byte = codes()['unknown-parent'], find('"layerz"')
check('on the right line and column', d.lnum == line and d.col == byte and d.end_col == byte + 8, { d, line, byte })

-- Hover.
local hover = request('textDocument/hover', params('gemm_n6144_k4096', 3))
check('hover decodes a Definition', hover.contents.value:find('n = 6144', 1, true), hover)

-- Quick fix, then rename from the key.
local function actions(p)
  p.range = { start = p.position, ['end'] = p.position }
  p.context = { diagnostics = {} }
  p.position = nil
  return request('textDocument/codeAction', p)
end
local function named(list, title)
  for _, a in ipairs(list) do
    if a.title == title then return a end
  end
  check('there is the action ' .. title, false, list)
end
local fix = named(actions(params('"layerz"', 2)), 'Change the parent to "layers"')
vim.lsp.util.apply_workspace_edit(fix.edit, client.offset_encoding)
check('the quick fix is applied', text():find('parent: "layers", type: "layer", definitions: ["gemm', 1, true), lines())
wait('its diagnostic goes', function() return codes()['unknown-parent'] == nil end)
local p = params('layers: {')
p.newName = 'decoder_layers'
vim.lsp.util.apply_workspace_edit(request('textDocument/rename', p), client.offset_encoding)
check('rename changes the key and its parents', text():find('decoder_layers: {', 1, true) and select(2, text():gsub('"decoder_layers"', '')) == 2, lines())

-- Marker comment -> code action -> entry.
local array = find('] satisfies')
vim.api.nvim_buf_set_lines(buffer, array, array, false, { '  // fib: add Qwen/Qwen3-0.6B skip-sglang=true' })
wait('the marker is found', function() return codes()['add-model'] ~= nil end)
local add = named(actions(params('fib: add', 2)), 'Add model from HuggingFace: Qwen/Qwen3-0.6B')
local ack = request('workspace/executeCommand', add.command)
check('the job is acknowledged', ack.jobId, ack)
wait('the entry is inserted', function() return text():find('id: "qwen3-0.6b"', 1, true) end, function() return { messages, questions } end)
check('the marker is gone', not text():find('fib: add', 1, true), lines())
wait('the user is told', function() return #messages > 0 end)
local kinds = {}
for _, x in ipairs(progress) do kinds[x.value.kind] = true end
check('progress was shown', kinds.begin and kinds['end'], progress)
wait('the new entry is clean', function() return vim.tbl_isempty(codes()) end, codes)

-- Cancel: a Hub that never answers, by a change of the settings.
client.notify('workspace/didChangeConfiguration', { settings = { fibLs = {
  huggingface = { offline = false, endpoint = 'http://127.0.0.1:' .. os.getenv('HANG') } } } })
client.config.settings = { fibLs = { huggingface = { offline = false, endpoint = 'http://127.0.0.1:' .. os.getenv('HANG') } } }
local before = text()
progress = {}
ack = request('workspace/executeCommand', { command = 'fib-ls.addModel', arguments = { { repoId = 'nobody/Hangs-7B', uri = vim.uri_from_bufnr(buffer) } } })
wait('it is under way', function() return #progress > 0 end)
messages = {}
local cancelled = request('workspace/executeCommand', { command = 'fib-ls.cancel', arguments = { ack.jobId } })
check('cancel finds the job', cancelled.cancelled, cancelled)
wait('the user is told that it was cancelled', function() return messages[1] and messages[1]:find('cancelled', 1, true) end, function() return messages end)
check('the text is as it was', text() == before)

client.stop()
wait('the server leaves', function() return exited ~= nil end)
check('with code 0', exited[1] == 0 and exited[2] == 0, exited)
io.stdout:write(('# nvim %s: %d checks\n'):format(vim.version().major .. '.' .. vim.version().minor .. '.' .. vim.version().patch, passed))
vim.cmd('qall!')
