// Lets the plugin make the CloudFormation template of serverless.yml, without the framework and without an account:
// `node test.mjs [FILE]` writes it to FILE. In place of the framework, this program reads serverless.yml and the file in it.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { load } from "js-yaml";
import StepFunctions from "serverless-step-functions";

const read = (path) => readFileSync(new URL(path, import.meta.url), "utf8");
const config = load(read("serverless.yml"), { json: true });
const machine = config.stepFunctions.stateMachines.import;
const [, file] = machine.definition.match(/^\$\{file\((.+)\)\}$/);
machine.definition = JSON.parse(read(file));

const template = { AWSTemplateFormatVersion: "2010-09-09", ...config.resources, Resources: {}, Outputs: {} };
const { name: _, ...provider } = config.provider;
const log = Object.assign(() => {}, { notice() {}, warning: console.warn });
const aws = {
  getRegion: () => provider.region,
  getStage: () => "dev",
  naming: { getNormalizedFunctionName: (name) => (name[0].toUpperCase() + name.slice(1)).replaceAll("-", "Dash") },
};
const framework = {
  classes: { Error },
  configSchemaHandler: { defineTopLevelProperty() {}, defineFunctionProperties() {} },
  configurationInput: config,
  getProvider: () => aws,
  pluginManager: { cliOptions: {} },
  service: { service: config.service, functions: {}, provider: { ...provider, compiledCloudFormationTemplate: template } },
  utils: { readFileSync: (path) => readFileSync(path, "utf8") },
};
aws.serverless = framework;
const plugin = new StepFunctions(framework, {}, { log });
plugin.yamlParse();
await plugin.compileIamRole();
await plugin.compileStateMachines();

const resources = Object.values(template.Resources);
assert.deepEqual(resources.map((it) => it.Type).sort(), ["AWS::IAM::Role", "AWS::StepFunctions::StateMachine"]);
const deployed = resources.find((it) => it.Type === "AWS::StepFunctions::StateMachine").Properties.DefinitionString["Fn::Sub"];
// With `validate`, the plugin writes the language of the state machine on every state.
const same = (text) => JSON.parse(text.replaceAll("${", "#{"), (key, value) => (key === "QueryLanguage" ? undefined : value));
assert.deepEqual(same(deployed), same(read(file)), "the definition is not the compiled file");
const parameters = new Set([...deployed.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
assert.deepEqual(parameters, new Set(Object.keys(template.Parameters)));
// The plugin finds the task inside the Parallel state.
assert.match(JSON.stringify(resources), /ecs:RunTask/);

if (process.argv[2]) writeFileSync(process.argv[2], JSON.stringify(template, undefined, 2));
console.log("serverless: the plugin deploys the compiled file, without a function");
