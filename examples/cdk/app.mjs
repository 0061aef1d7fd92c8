import { App } from "aws-cdk-lib";
import { RenderStack } from "./stack.mjs";

const app = new App();
new RenderStack(app, "Render");
app.synth();
