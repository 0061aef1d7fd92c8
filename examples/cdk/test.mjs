// Synthesizes the stack, without an account, and checks that it deploys the compiled file.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { RenderStack } from "./stack.mjs";

const app = new App({ outdir: mkdtempSync(join(tmpdir(), "cdk-")) });
const stack = new RenderStack(app, "Render");
const template = Template.fromStack(stack);
const [machine] = Object.values(template.findResources("AWS::StepFunctions::StateMachine"));

// CloudFormation reads the definition from the asset.
app.synth();
const assets = JSON.parse(readFileSync(join(app.outdir, "Render.assets.json"), "utf8")).files;
const asset = Object.values(assets).find((it) => it.destinations && JSON.stringify(it).includes(machine.Properties.DefinitionS3Location.Key));
assert.ok(asset, "the definition is not among the assets");
const deployed = readFileSync(join(app.outdir, asset.source.path), "utf8");
assert.equal(deployed, readFileSync(new URL("build/workflow.asl.json", import.meta.url), "utf8"));

// Every marker has a value.
const markers = new Set([...deployed.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name));
assert.deepEqual(markers, new Set(Object.keys(machine.Properties.DefinitionSubstitutions)));

template.resourceCountIs("AWS::Lambda::Function", 0);
console.log(`cdk: the stack deploys the compiled file, with ${markers.size} values and without a function`);
