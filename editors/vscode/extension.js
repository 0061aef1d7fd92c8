// Starts `exitwise lsp` for files in TOML.
"use strict";

const { workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

exports.activate = async () => {
  const command = workspace.getConfiguration("exitwise").get("path");
  const server = { command, args: ["lsp"] };
  // The server itself tells policies from other files in TOML.
  const documentSelector = [
    { scheme: "file", language: "toml" },
    { scheme: "untitled", language: "toml" },
  ];
  client = new LanguageClient("exitwise", "exitwise", server, { documentSelector });
  await client.start();
};

exports.deactivate = () => client?.stop();
