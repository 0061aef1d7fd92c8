// The state of affairs that this project started from: a handler in JavaScript that knows three exit codes, with a
// minimal runtime of its own round it. For comparison only.
import http from "node:http";

const RETRIES = 3;
const TYPES = { 3: ["FATAL"], 4: ["TEMPORARY", 60] };

function handle({ taskError, errorState }) {
  const retryCount = errorState?.retryCount ?? 0;
  if (retryCount >= RETRIES) return { type: "FATAL", retryCount };
  const app = JSON.parse(taskError.Cause).Containers.find((container) => container.Name === "app");
  const [type, waitSeconds] = TYPES[app.ExitCode] ?? ["RETRIABLE"];
  return { type, retryCount: retryCount + 1, waitSeconds };
}

const agent = new http.Agent({ keepAlive: true });
const [host, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const headers = body ? { "Content-Length": Buffer.byteLength(body) } : {};
    const request = http.request({ agent, host, port, method, path: `/2018-06-01/runtime/${path}`, headers }, (response) => {
      const chunks = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () => resolve([response.headers, Buffer.concat(chunks).toString()]));
    });
    request.on("error", reject);
    request.end(body);
  });
}

for (;;) {
  const [headers, event] = await call("GET", "invocation/next");
  const answer = JSON.stringify(handle(JSON.parse(event)));
  await call("POST", `invocation/${headers["lambda-runtime-aws-request-id"]}/response`, answer);
}
