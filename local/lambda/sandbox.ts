/** The inside of one sandbox: loads the bundle once, then answers one invocation at a time. */
import { existsSync } from "node:fs";
import { createRequire, enableCompileCache, registerHooks } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { ErrorDocument, InvokeMessage, SandboxData, SandboxMessage } from "./sandbox-protocol.ts";
import { installVirtualDate } from "./virtual-date.ts";

type Handler = (event: unknown, context: object) => unknown;

const data = workerData as SandboxData;
const port = parentPort;
if (port === null) throw new Error("the sandbox runs in a worker thread only");

installVirtualDate(data.clockOffset);
enableCompileCache(data.compileCacheDir);

const send = (message: SandboxMessage) => port.postMessage(message);

try {
  const handler = await loadHandler();
  port.on("message", (message: InvokeMessage) => void answer(handler, message));
  send({ type: "ready" });
} catch (error) {
  send({ type: "init-failed", error: describeError(error) });
}

async function loadHandler(): Promise<Handler> {
  const { entryFile, exportName } = data;
  const taskRoot = dirname(entryFile);
  // Lambda takes .js without a package.json beside it as CommonJS; here a package.json further up must not decide.
  if (entryFile.endsWith(".js") && !existsSync(join(taskRoot, "package.json"))) readAsCommonJs(taskRoot);
  const loaded: unknown = entryFile.endsWith(".mjs")
    ? await import(pathToFileURL(entryFile).href)
    : createRequire(entryFile)(entryFile);
  const found = (loaded as Readonly<Record<string, unknown>>)[exportName];
  if (typeof found !== "function") {
    throw Object.assign(new Error(`${exportName} is undefined or not exported`), { name: "Runtime.HandlerNotFound" });
  }
  return found as Handler;
}

function readAsCommonJs(taskRoot: string): void {
  registerHooks({
    load(url, context, nextLoad) {
      const inside = url.startsWith("file:") && url.endsWith(".js") && dirname(fileURLToPath(url)) === taskRoot;
      return nextLoad(url, inside ? { ...context, format: "commonjs" } : context);
    },
  });
}

async function answer(handler: Handler, message: InvokeMessage): Promise<void> {
  const { requestId } = message;
  process.env._X_AMZN_TRACE_ID = message.traceId;
  try {
    const result = await handler(JSON.parse(message.payload), contextOf(message));
    send({ type: "returned", requestId, payload: JSON.stringify(result) ?? "null" });
  } catch (error) {
    send({ type: "threw", requestId, error: describeError(error) });
  }
}

function contextOf(message: InvokeMessage): object {
  // The remaining time is real time: a moved clock must not make a running invocation late.
  const endsAt = performance.now() + message.timeoutMs;
  const { env } = process;
  return {
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    invokedFunctionArn: message.functionArn,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    awsRequestId: message.requestId,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, Math.floor(endsAt - performance.now())),
  };
}

function describeError(error: unknown): ErrorDocument {
  if (!(error instanceof Error)) return { errorType: typeof error, errorMessage: String(error) };
  return { errorType: error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") };
}
