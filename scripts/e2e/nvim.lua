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
-- said: one of the messages has some words.
local function said(words)
  for _, m in ipairs(messages) do
    if m:find(words, 1, true) then return true end
  end
  return false
end
local progress = {}
vim.lsp.handlers['$/progress'] = function(_, p) table.insert(progress, p) end

-- What the README has people paste, and a file that is opened after it.
dofile(os.getenv('README_LUA'))
vim.cmd('filetype on')
vim.cmd('cd ' .. work)
vim.cmd('edit ' .. file)
check('models.ts is TypeScript', vim.bo.filetype == 'typescript', vim.bo.filetype)
local buffer, client = vim.api.nvim_get_current_buf(), nil
wait('the README\'s block starts the server', function()
  for _, c in pairs(vim.lsp.buf_get_clients(buffer)) do
    if c.name == 'fib-ls' and c.initialized then client = c end
  end
  return client
end)
local id = client.id
local function configure(settings)
  client.config.settings = { fibLs = settings }
  client.notify('workspace/didChangeConfiguration', { settings = client.config.settings })
end
configure({ huggingface = { offline = true } })

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
local before
local kinds = {}
for _, x in ipairs(progress) do kinds[x.value.kind] = true end
check('progress was shown', kinds.begin and kinds['end'], progress)
wait('the new entry is clean', function() return vim.tbl_isempty(codes()) end, codes)

-- The README's command.
messages = {}
vim.cmd('FibAddModel Qwen/Qwen3-8B')
wait('FibAddModel inserts an entry', function() return text():find('id: "qwen3-8b"', 1, true) end, function() return { messages, questions } end)
wait('the message says how sure it is', function() return said('sizes') end, function() return messages end)

-- Completion: the name that the module needs stands first, preselected.
local function replace(old, new)
  local l, b = find(old)
  vim.api.nvim_buf_set_text(buffer, l, b, l, b + #old, vim.split(new, '\n'))
end
replace('"gemm_n4096_k12288"', '""')
p = params('definitions: [""]', #'definitions: ["')
local items = request('textDocument/completion', p).items
check('what the module needs is completed first', items[1].label == 'gemm_n4096_k12288' and items[1].preselect, items[1])
replace('definitions: [""]', 'definitions: ["gemm_n4096_k12288"]')

-- Fixes: all of a rule at once, ignoring a rule, its documentation.
before = text()
vim.cmd('%s/parent: "decoder_layers"/parent: "decoder_layerz"/')
wait('the wrong parents are found', function() return codes()['unknown-parent'] ~= nil end, codes)
vim.lsp.util.apply_workspace_edit(named(actions(params('"decoder_layerz"', 2)), 'Fix all unknown-parent in this file (2)').edit, client.offset_encoding)
check('all of a rule are fixed', text() == before, lines())
wait('their diagnostics go', function() return codes()['unknown-parent'] == nil end)
replace('count: 36', 'count: 35')
wait('a wrong count is found', function() return codes()['config-layer-count'] ~= nil end, codes)
local count = codes()['config-layer-count']
p = { textDocument = { uri = vim.uri_from_bufnr(buffer) }, position = { line = count.lnum, character = count.col + 1 } }
local offered = actions(vim.deepcopy(p))
for _, title in ipairs({ 'Ignore config-layer-count here', 'Ignore config-layer-count in this file', 'Explain config-layer-count' }) do named(offered, title) end
local unsafe = vim.tbl_filter(function(a) return a.title:find('(unsafe)', 1, true) end, offered)
check('a fix by the config says that it is unsafe', #unsafe == 1, offered)
vim.lsp.util.apply_workspace_edit(named(offered, 'Ignore config-layer-count here').edit, client.offset_encoding)
wait('what is ignored goes', function() return codes()['config-layer-count'] == nil end, codes)
local rule = request('workspace/executeCommand', { command = 'fib-ls.explainRule', arguments = { 'config-layer-count' } })
check('a rule is explained without the network', rule.markdown:find('num_hidden_layers', 1, true), rule)

-- Update shows what it changes, and does it when told so.
vim.api.nvim_buf_set_lines(buffer, count.lnum, count.lnum + 1, false, {})
answer, questions = 'Cancel', {}
before = text()
vim.cmd('FibAddModel Qwen/Qwen3-8B')
wait('an update asks', function() return #questions > 0 end, function() return messages end)
check('line by line, with the reason', questions[1]:find('count 35 becomes 36', 1, true) and questions[1]:find('num_hidden_layers', 1, true), questions)
vim.wait(200)
check('and changes nothing when it is declined', text() == before, lines())
answer, questions = 'Apply', {}
vim.cmd('FibAddModel Qwen/Qwen3-8B')
wait('an update that is wanted is applied', function() return not text():find('count: 35', 1, true) end, function() return { messages, questions } end)

-- Verify: without the network by what is here.
messages = {}
ack = request('workspace/executeCommand', { command = 'fib-ls.verify', arguments = { 'qwen3-8b' } })
wait('the user is told how the entry stands', function() return said('qwen3-8b is agreed') end, function() return messages end)
hover = request('textDocument/hover', params('id: "qwen3-8b"', 6))
check('hover says how sure the entry is', hover.contents.value:find('Confidence: agreed', 1, true), hover)

-- After the marker every character filters; what is there says so.
array = find('] satisfies')
vim.api.nvim_buf_set_lines(buffer, array, array, false, { '  // fib: add Qwen/Qwen3-8' })
p = params('fib: add Qwen/Qwen3-8', #'fib: add Qwen/Qwen3-8')
local list = request('textDocument/completion', p)
local astray = vim.tbl_filter(function(i) return not i.label:find('Qwen/Qwen3-8', 1, true) end, list.items)
check('after the marker every character filters', list.isIncomplete and #list.items > 0 and #astray == 0, list)
check('what is there is marked', list.items[1].label == 'Qwen/Qwen3-8B' and list.items[1].detail:find('in models.ts already', 1, true), list.items[1])
vim.api.nvim_buf_set_lines(buffer, array, array + 1, false, {})

-- The kernel inventory of a model, and what could be added next.
local plan = request('workspace/executeCommand', { command = 'fib-ls.plan', arguments = { 'Qwen/Qwen3-8B', vim.uri_from_bufnr(buffer) } })
check('plan lists the Definitions of a model', plan.text:find('gemm_n4096_k12288', 1, true), plan.text)
local discover = request('workspace/executeCommand', { command = 'fib-ls.discover', arguments = {} })
check('discover lists models that could be added', type(discover.candidates) == 'table' and #discover.candidates > 0, discover)
local function listed(found, repo)
  for _, c in ipairs(found.candidates) do
    if vim.tbl_contains(c.repo_ids, repo) then return true end
  end
  return false
end
check('a model that is served is among them', listed(discover, 'Qwen/Qwen3-32B'), discover)
before = lines()
replace('name: "Tiny → 𝒳"', 'name: "Qwen3 32B"')
discover = request('workspace/executeCommand', { command = 'fib-ls.discover', arguments = { vim.uri_from_bufnr(buffer) } })
check('discover leaves out what the buffer has', not listed(discover, 'Qwen/Qwen3-32B'), discover)
vim.api.nvim_buf_set_lines(buffer, 0, -1, false, before)

-- What is certain to fail is the first and only thing that is said.
messages, questions = {}, {}
replace('modules: {', 'modules: {{}')
wait('the syntax error', function() return codes()['syntax'] ~= nil end, codes)
vim.cmd('FibAddModel Qwen/Qwen3-4B')
wait('a refusal', function() return #questions > 0 end, function() return messages end)
check('that is certain comes before any question', #questions == 1 and questions[1]:find('Qwen/Qwen3-4B was not added', 1, true) and questions[1]:find('syntax error', 1, true), questions)
check('and changes nothing', not text():find('qwen3-4b', 1, true))
vim.api.nvim_buf_set_lines(buffer, 0, -1, false, before)

-- The lens of an entry, and the entry as a text.
configure({ huggingface = { offline = true }, codeLens = { enable = true } })
local lens
wait('the lens of an entry has a command', function()
  local r = client.request_sync('textDocument/codeLens', { textDocument = { uri = vim.uri_from_bufnr(buffer) } }, 20000, buffer)
  lens = r and r.result and r.result[1]
  return lens and lens.command.command == 'fib-ls.showEntry'
end)
local shown = request('workspace/executeCommand', lens.command)
check('which shows the entry', shown.markdown:find('modules', 1, true), shown)
configure({ huggingface = { offline = true } })

-- Cancel: a Hub that never answers, by a change of the settings.
configure({ huggingface = { offline = false, endpoint = 'http://127.0.0.1:' .. os.getenv('HANG') } })
before = text()
progress = {}
ack = request('workspace/executeCommand', { command = 'fib-ls.addModel', arguments = { { repoId = 'nobody/Hangs-7B', uri = vim.uri_from_bufnr(buffer) } } })
wait('it is under way', function() return #progress > 0 end)
messages = {}
local cancelled = request('workspace/executeCommand', { command = 'fib-ls.cancel', arguments = { ack.jobId } })
check('cancel finds the job', cancelled.cancelled, cancelled)
wait('the user is told that it was cancelled', function() return said('cancelled') end, function() return messages end)
check('the text is as it was', text() == before)

client.stop()
wait('the server leaves', function() return vim.lsp.client_is_stopped(id) end)
io.stdout:write(('# nvim %s: %d checks\n'):format(vim.version().major .. '.' .. vim.version().minor .. '.' .. vim.version().patch, passed))
vim.cmd('qall!')
