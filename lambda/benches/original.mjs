// For comparison only: the demo that this project started from, a handler in JavaScript that knows three exit codes.
//
//   node original.mjs                 runs it as a Lambda bootstrap, with a minimal runtime
//   node original.mjs EVENT.json N    handles the event N times in process, and prints the nanoseconds that this takes
import fs from "node:fs";
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

function measure(file, count) {
  const event = fs.readFileSync(file, "utf8");
  const handled = (times) => {
    let last;
    for (let n = 0; n < times; n++) last = handle(JSON.parse(event));
    return last;
  };
  handled(20_000);
  const start = process.hrtime.bigint();
  handled(count);
  console.log(String(process.hrtime.bigint() - start));
}

if (process.argv.length === 4) {
  measure(process.argv[2], Number(process.argv[3]));
  process.exit();
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
