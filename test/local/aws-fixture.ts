import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { createMetricStore } from "../../local/aws/cloudwatch-store.ts";
import { createAwsEndpoint } from "../../local/aws/endpoint.ts";
import { createFaultRegistry } from "../../local/aws/faults.ts";
import { createMeter } from "../../local/aws/metering.ts";
import { createQueues } from "../../local/aws/queues.ts";
import { createSecretStore } from "../../local/aws/secret-store.ts";
import { openAwsServer } from "../../local/aws/server.ts";
import { createVirtualClock } from "../../local/clock.ts";
import type { BusEntry, EventBus, FunctionRuntime, HostContext, WorkflowRuntime } from "../../local/contracts.ts";
import { openHostDatabase } from "../../local/database.ts";
import { createTables } from "../../local/dynamodb/create-tables.ts";
import { startDynamoStore } from "../../local/dynamodb/store-process.ts";
import { createAuthorizer } from "../../local/iam/authorizer.ts";
import { createScheduler } from "../../local/scheduler/scheduler.ts";
import { loadTemplate } from "../../local/template/load-template.ts";
import { temporaryDirectory } from "./template-fixture.ts";

/** The AWS endpoint with its store, and with recorders where functions, rules and workflows would be. */
export async function startAws(assembly: string, options: { dataDir?: string; store?: boolean } = {}) {
  const dataDir = options.dataDir ?? temporaryDirectory("aws");
  const db = openHostDatabase(dataDir);
  const logged: string[] = [];
  const clock = createVirtualClock({ db, onError: (error) => logged.push(String(error)) });
  const context: HostContext = {
    db,
    clock,
    log: (message, fields) => void logged.push(`${message} ${JSON.stringify(fields ?? {})}`),
  };
  const server = await openAwsServer({ port: 0 });
  const model = loadTemplate(assembly, { endpoints: { aws: server.url } });
  const store = options.store === false ? undefined : await startDynamoStore({ dataDir });
  if (store !== undefined) await createTables({ db, forward: store.forward }, model.tables);

  const events: BusEntry[] = [];
  const invocations: { functionName: string; payload: string; type: string }[] = [];
  const killed: string[] = [];
  const written: string[] = [];
  const problem: { target?: Error } = {};
  const bus: EventBus = {
    put(entries) {
      if (problem.target !== undefined) throw problem.target;
      return entries.map((entry) => ({ eventId: `event-${events.push(entry)}` }));
    },
  };
  const functions: FunctionRuntime = {
    async invoke(functionName, payload, type) {
      invocations.push({ functionName, payload, type });
      return { statusCode: 200, payload: '{"ok":true}' };
    },
  };
  const workflows: WorkflowRuntime = {
    start: (arn, name) => ({
      executionArn: `${arn.replace("stateMachine", "execution")}:${name}`,
      startedAtMs: clock.now(),
    }),
    describe: () => ({ status: "SUCCEEDED", input: "{}", transitions: 0, startedAtMs: 0 }),
  };
  const authorizer = createAuthorizer(model);
  const faults = createFaultRegistry();
  const meter = createMeter();
  const queues = createQueues(context, model.queues);
  const metrics = createMetricStore(context);
  const secrets = createSecretStore(context, model.secrets);
  const ports = { context, model, authorizer, faults, queues, bus, functions, workflows };
  const scheduler = createScheduler(ports);
  const forward = store?.forward ?? (() => Promise.reject(new Error("no store in this test")));
  createAwsEndpoint({
    ...ports,
    server,
    meter,
    forward,
    secrets,
    metrics,
    scheduler,
    onKill: (accessKeyId) => killed.push(accessKeyId),
    onWrite: (tables) => written.push(...tables),
  });

  /** Client configuration of a function by its logical id's beginning; without one, of the account's owner. */
  function clientFor(logicalIdPrefix?: string) {
    const fn = model.functions.find(
      ({ logicalId }) => logicalIdPrefix !== undefined && logicalId.startsWith(logicalIdPrefix),
    );
    if (logicalIdPrefix !== undefined && fn === undefined) throw new Error(`no function ${logicalIdPrefix}`);
    if (fn !== undefined) authorizer.registerAccessKey(fn.name, { roleArn: fn.roleArn, sessionName: fn.name });
    const credentials = { accessKeyId: fn?.name ?? "somebody", secretAccessKey: "secret" };
    return { endpoint: server.url, region: model.region, credentials, maxAttempts: 1 };
  }

  return {
    dataDir,
    db,
    clock,
    model,
    store,
    server,
    authorizer,
    faults,
    meter,
    queues,
    secrets,
    metrics,
    scheduler,
    events,
    invocations,
    killed,
    written,
    logged,
    problem,
    clientFor,
    dynamo: (logicalIdPrefix?: string) => new DynamoDBClient(clientFor(logicalIdPrefix)),
    async stop() {
      clock.close();
      await server.close();
      await store?.stop();
      metrics.stop();
      db.close();
    },
  };
}

export type RunningAws = Awaited<ReturnType<typeof startAws>>;
