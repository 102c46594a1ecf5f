/** Starts and stops the local cloud: the synthesized template, run on this machine. */
import { createHash, randomBytes } from "node:crypto";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createMetricStore } from "./aws/cloudwatch-store.ts";
import { createAwsEndpoint } from "./aws/endpoint.ts";
import { createFaultRegistry, type FaultRegistry } from "./aws/faults.ts";
import { createMeter, type Meter } from "./aws/metering.ts";
import { createQueues, type LocalQueues } from "./aws/queues.ts";
import { createSecretStore } from "./aws/secret-store.ts";
import { openAwsServer } from "./aws/server.ts";
import { createVirtualClock } from "./clock.ts";
import { DEVELOPMENT_PORT, localConfiguration, originsOf } from "./console/configuration.ts";
import { startConsoleServer } from "./console/console-server.ts";
import type { HostContext, VirtualClock } from "./contracts.ts";
import { busFaultInput, streamFaultInput } from "./controls/control-inputs.ts";
import { type FaultSwitch, startControls } from "./controls/control-server.ts";
import { requireGrants } from "./controls/grants.ts";
import { lockDataDirectory } from "./controls/host-lock.ts";
import { createLocalRoles } from "./controls/local-roles.ts";
import { planPorts } from "./controls/ports.ts";
import { createSettle, type Settle } from "./controls/settle.ts";
import { openHostDatabase } from "./database.ts";
import { createTables } from "./dynamodb/create-tables.ts";
import type { Forward } from "./dynamodb/forward.ts";
import { startDynamoStore } from "./dynamodb/store-process.ts";
import { createEventBus, type LocalEventBus } from "./events/bus.ts";
import { startFunctionUrl } from "./http/function-url.ts";
import { startHttpApi } from "./http/http-api.ts";
import { createTokenIssuer, type TokenIssuer } from "./http/token-issuer.ts";
import { type Authorizer, createAuthorizer } from "./iam/authorizer.ts";
import { createLambdaRuntime, type LambdaRuntime } from "./lambda/runtime.ts";
import { createScheduler } from "./scheduler/scheduler.ts";
import { type StreamRuntime, startStreams } from "./streams/runtime.ts";
import { type SimulatedStripe, startSimulatedStripe } from "./stripe/simulated-stripe.ts";
import { busName } from "./template/identity.ts";
import { loadTemplate } from "./template/load-template.ts";
import type { TemplateModel } from "./template/model.ts";
import { createWorkflows, type LocalWorkflows } from "./workflows/runtime.ts";

export interface LocalAssembly {
  /** A synthesized cloud assembly. */
  readonly directory: string;
  /** Values that a person would set in a real stage, by the secret's name. */
  readonly secretValues: Readonly<Record<string, string>>;
}

/** Synthesizes into `outdir`, with the functions calling the simulated Stripe at the given address. */
export type Synthesize = (outdir: string, settings: { stripeApiUrl: string }) => Promise<LocalAssembly>;

export interface LocalCloudOptions {
  readonly dataDir: string;
  /** Drops what an earlier run left in the data directory. */
  readonly fresh?: boolean;
  /** 4566 and the ports after it; `aws: 0` takes free ones for all. */
  readonly ports?: { readonly aws?: number };
  readonly assembly?: Synthesize;
  readonly progress?: (line: string) => void;
  /** Serves the admin console: at a port (0 takes any free one), from a folder that holds it built already if one is given. */
  readonly console?: { readonly port: number; readonly app?: string };
  /** Bound of each function's sandboxes. */
  readonly maximumSandboxes?: number;
}

export interface Endpoints {
  /** The admin console; absent when it isn't served. */
  readonly console?: string;
  readonly aws: string;
  /** The HTTP API; absent when the template has none. */
  readonly api?: string;
  /** Function URLs by the function's name. */
  readonly urls: Readonly<Record<string, string>>;
  readonly stripe: string;
  /** Clock, faults, tokens, state. */
  readonly local: string;
}

export interface LocalCloud {
  readonly endpoints: Endpoints;
  readonly clock: VirtualClock;
  readonly settle: Settle;
  /** Moves the clock to an instant (epoch ms), settling at each stop. */
  advanceTo(targetMs: number): Promise<{ stops: number; fired: number }>;
  readonly faults: Readonly<Record<"bus" | "streams" | "stripe", FaultSwitch>> & { readonly aws: FaultRegistry };
  /** Shows which grants have been used. */
  readonly authorizer: Authorizer;
  readonly issuer: TokenIssuer;
  readonly model: TemplateModel;
  readonly stripe: SimulatedStripe;
  readonly queues: LocalQueues;
  readonly meter: Meter;
  readonly functions: LambdaRuntime;
  readonly workflows: LocalWorkflows;
  readonly bus: LocalEventBus;
  /** The table store, past authorization and faults. */
  readonly forward: Forward;
  readonly figures: () => object;
  /** Stops taking work, lets invocations end, closes. Safe to call twice. */
  stop(): Promise<void>;
}

/** What a fresh start drops, and nothing else: the directory may be any that a person has named. */
const OWN_FILES = [
  ...["host.sqlite", "host.sqlite-wal", "host.sqlite-shm"],
  ...["dynamodb.sqlite", "dynamodb.sqlite-wal", "dynamodb.sqlite-shm", "dynamodb.log"],
  ...["assembly", "compile-cache", "inline", "logs", "console", "endpoints.json", "token-key.json"],
];
const DEFAULT_ISSUER = "https://issuer.local";

/** Resolves when everything answers. On failure all that was started is ended again. */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const started = new AsyncDisposableStack();
  try {
    return await start(options, started);
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

async function start(options: LocalCloudOptions, started: AsyncDisposableStack): Promise<LocalCloud> {
  const { progress = () => {}, assembly = synthesizeApp } = options;
  const dataDir = resolve(options.dataDir);
  const step = async <T>(name: string, action: () => T | Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await action();
    progress(`${name} (${Math.round(performance.now() - from)} ms)`);
    return result;
  };
  // Lambda runs in UTC, and worker threads take the zone of the process.
  process.env.TZ = "UTC";

  started.defer(lockDataDirectory(dataDir));
  if (options.fresh) for (const name of OWN_FILES) rmSync(join(dataDir, name), { recursive: true, force: true });
  const context = openHost(dataDir, started);
  const { clock, db, log } = context;
  const site = options.console && (await keep(started, startConsoleServer({ dataDir, progress, ...options.console })));
  const ports = await planPorts(options.ports ?? {});
  const stripeUrl = `http://127.0.0.1:${ports.stripe}`;
  let webhookTargets: Parameters<typeof startSimulatedStripe>[0]["webhookTargets"] = () => [];

  const [store, stripe, server, { directory, secretValues }] = await all([
    step("table store", () => keep(started, startDynamoStore(storeOptions(dataDir)))),
    step("simulated Stripe", () =>
      keep(started, startSimulatedStripe({ context, port: ports.stripe, webhookTargets: () => webhookTargets() })),
    ),
    openAwsServer({ port: ports.aws }),
    step("template synthesized", () => {
      const outdir = join(dataDir, "assembly");
      rmSync(outdir, { recursive: true, force: true });
      return assembly(outdir, { stripeApiUrl: stripeUrl });
    }),
  ] as const);
  started.defer(() => server.close());

  const urlOf = (name: string) => `http://127.0.0.1:${ports.of(name)}`;
  const model = loadTemplate(directory, {
    endpoints: { aws: server.url, httpApi: urlOf, functionUrl: (name) => `${urlOf(name)}/` },
  });
  const authorizer = createAuthorizer(model);
  requireGrants(model, authorizer);
  // What was asked for at the start has not been used yet.
  authorizer.takeUses();
  await step(`${model.tables.length} tables`, () => createTables({ db, forward: store.forward }, model.tables));

  const faults = createFaultRegistry();
  const meter = createMeter();
  const queues = createQueues(context, model.queues);
  const metrics = createMetricStore(context);
  started.defer(() => metrics.stop());
  const secrets = createSecretStore(context, model.secrets);
  for (const [name, text] of Object.entries(secretValues)) {
    const secret = secrets.find(name);
    // The token stands for the text: a value that was put since stays until the given one changes.
    const token = createHash("sha256").update(text).digest("hex").slice(0, 32);
    if (secret !== undefined) secrets.put(secret.arn, text, { token });
  }

  // Bus, functions and workflows call one another; each is asked for when it is needed.
  const functions: LambdaRuntime = createLambdaRuntime({
    context,
    dataDir,
    functions: model.functions,
    eventInvokeConfigs: model.eventInvokeConfigs,
    endpointUrl: () => server.url,
    newAccessKey: (functionName) => {
      const accessKeyId = `AKIA${randomBytes(8).toString("hex").toUpperCase()}`;
      const roleArn = model.functions.find(({ name }) => name === functionName)?.roleArn ?? "";
      authorizer.registerAccessKey(accessKeyId, { roleArn, sessionName: functionName, functionName });
      return { accessKeyId, secretAccessKey: "local" };
    },
    sendToDestination: send,
    measure: metrics.put,
    ...(options.maximumSandboxes !== undefined && { maximumSandboxes: options.maximumSandboxes }),
  });
  const workflows = createWorkflows({
    context,
    machines: model.stateMachines,
    functions,
    bus: () => bus,
    queues,
    authorize(roleArn, action, resource) {
      const decision = authorizer.authorize({ principal: authorizer.roleSession(roleArn, "states"), action, resource });
      return decision.allowed ? undefined : decision.message;
    },
    measure: metrics.put,
  });
  const { account, region, rules } = model;
  const bus: LocalEventBus = createEventBus({ context, account, region, rules, functions, workflows, queues });
  const scheduler = createScheduler({ context, faults, model, authorizer, bus, functions, workflows, queues });
  let streams: StreamRuntime | undefined;
  const aws = createAwsEndpoint({
    ...{
      context,
      server,
      model,
      authorizer,
      faults,
      meter,
      forward: store.forward,
      queues,
      secrets,
      metrics,
      scheduler,
    },
    ...{ bus, functions, workflows },
    onKill: (accessKeyId) => void functions.killWorker(accessKeyId),
    onWrite: (tableNames) => {
      for (const name of tableNames) streams?.poke(name);
    },
  });

  async function send(arn: string, body: string, attributes?: Readonly<Record<string, string>>): Promise<void> {
    const service = arn.split(":")[2];
    if (service === "sqs") queues.send(arn, body, attributes);
    else if (service === "lambda") await functions.invoke(arn, body, "Event");
    else if (service === "events") {
      const detailType = "Lambda Function Invocation Result";
      bus.put([{ busName: busName(arn), source: "lambda", detailType, detail: body }]);
    } else throw new Error(`the destination ${arn} is not emulated`);
  }

  const issuer = await createTokenIssuer({ dataDir, clock, ...authorizerOf(model) });
  const urls = await Promise.all(
    model.functionUrls.map(async (url) => {
      const port = ports.of(url.functionName);
      return [
        url.functionName,
        await keep(started, startFunctionUrl({ context, account, model: url, port, functions })),
      ] as const;
    }),
  );
  const origins = [...(site?.origins ?? []), ...originsOf(DEVELOPMENT_PORT)];
  const apis = await Promise.all(
    model.httpApis.map((api) =>
      keep(started, startHttpApi({ context, account, api, port: ports.of(api.id), functions, issuer, origins })),
    ),
  );
  webhookTargets = () => stripeTargets(urls, secretValues);

  streams = await step("streams", () =>
    startStreams({
      context,
      forward: store.forward,
      tables: model.tables,
      functions: model.functions,
      mappings: model.eventSourceMappings,
      runtime: functions,
      sendToDestination: send,
    }),
  );
  const reading = streams;
  started.defer(async () => {
    // Streams wait for their batches, batches for their function, and the function for its end.
    await Promise.all([bus.stop(), workflows.stop(), reading.stop(), functions.stop()]);
  });
  started.defer(() => clock.close());

  const servers = { api: sum(apis), urls: sum(urls.map(([, server]) => server)), aws, stripe: stripe.busy };
  const settle = createSettle({
    busy: { ...servers, functions, streams: reading, bus, workflows, scheduler },
    look: () => reading.poke(),
  });
  const faultSwitches = {
    aws: faults,
    bus: { add: (rule: unknown) => bus.addFault(strip(busFaultInput.parse(rule))), clear: () => bus.clearFaults() },
    streams: {
      add: (rule: unknown) => reading.faults.add(strip(streamFaultInput.parse(rule))),
      clear: () => reading.faults.clear(),
    },
    stripe: {
      add: (rule: unknown) => stripe.control.addFault(rule as Parameters<typeof stripe.control.addFault>[0]),
      clear: () => stripe.control.clearFaults(),
    },
  };
  const figures = () => ({
    waiting: {
      bus: bus.waiting(),
      functions: functions.waiting(),
      streams: reading.waiting(),
      workflows: workflows.waiting(),
    },
    queues: Object.fromEntries(queues.all().map(({ arn, name }) => [name, queues.depth(arn)])),
    functions: functions.figures(),
  });
  const platformFunction = model.functions.find(({ name }) => name.endsWith("-administer-platform"))?.name;
  const apiUrl = apis[0]?.url;
  const grantRole =
    platformFunction === undefined || apiUrl === undefined
      ? undefined
      : createLocalRoles({ functions, platformFunction, apiUrl, issuer });
  const controls = await startControls({
    grantRole,
    fillWithDemoData: async (organizationId) =>
      (await import("./demo-data/fill.ts")).fillWithDemoData(organizationId, { endpoints, context }),
    ...{ port: ports.local, clock, issuer, forward: store.forward, settle, faults: faultSwitches, figures, meter },
    mainTable: model.tables.find(({ streamArn }) => streamArn !== undefined)?.name,
    auditTable: model.tables.find(({ resourcePolicy }) => resourcePolicy !== undefined)?.name,
  });
  started.defer(() => controls.stop());

  store.prune((tableName) => reading.consumedUpTo(tableName));
  functions.start();
  workflows.resume();
  bus.start();
  const endpoints: Endpoints = {
    ...(site !== undefined && { console: site.url }),
    aws: server.url,
    ...(apis[0] !== undefined && { api: apis[0].url }),
    urls: Object.fromEntries(urls.map(([name, { url }]) => [name, url])),
    stripe: stripe.url,
    local: controls.url,
  };
  if (site !== undefined) {
    if (apiUrl === undefined) throw new Error("the console needs an HTTP API, which the template doesn't have");
    site.configure(localConfiguration({ api: apiUrl, local: controls.url }));
  }
  writeFileSync(join(dataDir, "endpoints.json"), `${JSON.stringify(endpoints, null, 2)}\n`);
  log("started", { endpoints });

  let stopping: Promise<void> | undefined;
  return {
    ...{ endpoints, clock, settle, issuer, model, stripe, queues, meter, functions, workflows, bus, figures },
    forward: store.forward,
    authorizer,
    faults: faultSwitches,
    advanceTo: (targetMs) => clock.advanceTo(targetMs, settle),
    stop() {
      stopping ??= started.disposeAsync();
      return stopping;
    },
  };
}

function openHost(dataDir: string, started: AsyncDisposableStack): HostContext {
  const folder = join(dataDir, "logs");
  mkdirSync(folder, { recursive: true });
  const db = openHostDatabase(dataDir);
  started.defer(() => db.close());
  const file = join(folder, "host.log");
  const log: HostContext["log"] = (message, fields) => {
    appendFileSync(file, `${JSON.stringify({ at: new Date().toISOString(), message, ...fields })}\n`);
  };
  const clock = createVirtualClock({
    db,
    onError: (error, timer) => log("a timer failed", { timer, error: String(error) }),
  });
  return { db, clock, log };
}

/** The application of this repository; loaded late, because tests bring their own. */
const synthesizeApp: Synthesize = async (outdir, settings) => {
  const { synthLocal } = await import("../infra/local.ts");
  return synthLocal(outdir, settings);
};

function storeOptions(dataDir: string) {
  const endpoint = process.env.DYNAMODB_ENDPOINT;
  return { dataDir, ...(endpoint !== undefined && { endpoint }) };
}

/** Stopped with everything else; also when a part that starts at the same time fails. */
async function keep<T extends { stop(): Promise<void> }>(
  started: AsyncDisposableStack,
  starting: Promise<T>,
): Promise<T> {
  const part = await starting;
  started.defer(() => part.stop());
  return part;
}

/** Waits for all parts, also when one fails: what has started must be known to be ended. */
async function all<T extends readonly unknown[]>(parts: T): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const failed = (await Promise.allSettled(parts)).find((result) => result.status === "rejected");
  if (failed) throw failed.reason;
  return (await Promise.all(parts)) as { -readonly [K in keyof T]: Awaited<T[K]> };
}

function authorizerOf(model: TemplateModel): { issuer: string; audience: readonly string[] } {
  const found = model.httpApis
    .flatMap(({ routes }) => routes)
    .find(({ authorizer }) => authorizer !== undefined)?.authorizer;
  return found ?? { issuer: DEFAULT_ISSUER, audience: [] };
}

/** Stripe's events go to the function URLs that are named for it, signed with the secret which their functions read. */
function stripeTargets(
  urls: readonly (readonly [functionName: string, server: { url: string }])[],
  secretValues: Readonly<Record<string, string>>,
) {
  const secret = Object.values(secretValues)
    .map((text) => (JSON.parse(text) as { signingSecret?: string }).signingSecret)
    .find((found) => found !== undefined);
  if (secret === undefined) return [];
  return urls.filter(([name]) => name.includes("stripe")).map(([id, { url }]) => ({ id, url: `${url}/`, secret }));
}

function sum(parts: readonly { pending(): number }[]): { pending(): number } {
  return { pending: () => parts.reduce((total, part) => total + part.pending(), 0) };
}

/** Without the members that are undefined: absent is not the same under exact optional types. */
function strip<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
