-- Drives `exitwise lsp` with Neovim, from 0.7 on: `nvim --headless -u NONE -S neovim.lua`. `.ci/editors` runs it.
-- EXITWISE is the path of the program, POLICY that of a policy with one mistake.

local function check(is_true, what)
  if not is_true then
    io.stderr:write('failed: ' .. what .. '\n')
    vim.cmd('cquit 1')
  end
end

vim.cmd('edit ' .. vim.env.POLICY)
local client = vim.lsp.start_client({ name = 'exitwise', cmd = { vim.env.EXITWISE, 'lsp' } })
check(client, 'the server starts')
vim.lsp.buf_attach_client(0, client)
local function problems() return vim.diagnostic.get(0) end
check(vim.wait(10000, function() return #problems() == 1 end), 'one problem is shown')
check(problems()[1].code == 'P017', 'it is about an unknown word')
check(problems()[1].message:find('help: write `"FATAL"`', 1, true), 'it has a help')

-- The problem goes away with the mistake, although nothing is saved.
local line = problems()[1].lnum
vim.api.nvim_buf_set_lines(0, line, line + 1, true, { 'type = "FATAL"' })
check(vim.wait(10000, function() return #problems() == 0 end), 'the problem is gone')
local params = {
  textDocument = vim.lsp.util.make_text_document_params(),
  position = { line = line, character = 1 },
}
local answers = vim.lsp.buf_request_sync(0, 'textDocument/hover', params, 10000)
local hover = answers and answers[client] and answers[client].result
check(hover and hover.contents.value:find('SUCCESS stops', 1, true), 'a key is explained')
io.stdout:write('neovim: all checks passed\n')
vim.cmd('qall!')
