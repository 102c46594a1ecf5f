/** A local cloud of a test file's own, driven from outside as other systems drive the real one: by the AWS SDK. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from "@aws-sdk/client-eventbridge";
import { InvokeCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import {
  ChangeMessageVisibilityCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { type LocalCloud, type LocalCloudOptions, type Synthesize, startLocalCloud } from "../../local/cloud.ts";
import { type Document, LOCAL_BUS, LOCAL_TABLE, localAws } from "../../local/report.ts";
import { readAssembly } from "../../local/template/assembly.ts";
import type { AuditLine } from "../../shared/audit/chain.ts";
import { Organization } from "./organization.ts";
import { sharedAssembly } from "./shared-assembly.ts";
import { createStaff, type Staff } from "./staff.ts";

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Whose staff see to the platform itself in the stage that runs locally. */
export const OPERATOR = "acme";
/** The names of the stage that runs locally. */
export const nameOf = (part: string) => `${LOCAL_TABLE}-${part}`;
export const SCHEDULE_GROUP = LOCAL_TABLE;

const OWNER_COMMANDS: ReadonlySet<unknown> = new Set(["pause_sending", "resume_sending", "bootstrap_super_admin"]);

export interface BusEventSeen {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Document;
}

export interface CommandAnswer {
  readonly ok: boolean;
  readonly result?: Document;
  readonly error?: { readonly code: string; readonly message: string; readonly field?: string };
}

export interface TestCloud {
  readonly local: LocalCloud;
  readonly dataDir: string;
  readonly document: DynamoDBDocumentClient;
  readonly scheduler: SchedulerClient;
  /** Everything put on the bus since the start, by whomever. */
  readonly seen: readonly BusEventSeen[];
  /** An organization that no other test has, or the one with the id. */
  organization(id?: string): Organization;
  publish(...entries: readonly PutEventsRequestEntry[]): Promise<void>;
  /** Whoever works for the organizations, through the API. */
  readonly staff: Staff;
  /** Of the deployment's owner (`pause_sending`, `resume_sending`, `bootstrap_super_admin`), or else of an organization's staff. */
  command(command: Document): Promise<CommandAnswer>;
  settle(): Promise<void>;
  now(): number;
  /** Moves the clock, stopping at whatever falls due on the way. */
  advance(ms: number): Promise<void>;
  advanceTo(instant: string | number): Promise<void>;
  /** The main table's items, of all or of one organization. */
  items(organizationId?: string): Promise<Document[]>;
  /** The audit table's lines, of all or of one organization, in the order of an export. */
  audit(organizationId?: string): Promise<AuditLine[]>;
  /** What lies in a queue, which stays there. */
  queued(name: string): Promise<Document[]>;
  functionLog(name: string): Promise<string>;
  clearFaults(): void;
  /** Ends all faults as well, and fails where one never struck: its test would have shown nothing. */
  endFaults(): void;
  stop(): Promise<void>;
}

export interface TestCloudOptions {
  readonly assembly?: Synthesize;
  /** With the console: at a port (0 takes any free one), built already or from the sources. */
  readonly console?: NonNullable<LocalCloudOptions["console"]>;
}

/** Starts in a folder of its own on free ports. The simulated Stripe cuts a call that hangs, instead of letting it wait. */
export async function startTestCloud(options: TestCloudOptions = {}): Promise<TestCloud> {
  const dataDir = mkdtempSync(join(tmpdir(), "payouts-test-"));
  const ports = { aws: 0 };
  const local = await startLocalCloud({ dataDir, ports, maximumSandboxes: 2, assembly: sharedAssembly, ...options });
  local.stripe.control.updateSettings({ hangRealMs: 20 });
  const config = localAws({ ...local.endpoints, api: local.endpoints.api ?? "" });
  const bus = new EventBridgeClient(config);
  const lambda = new LambdaClient(config);
  const sqs = new SQSClient(config);
  const scheduler = new SchedulerClient(config);
  const base = new DynamoDBClient(config);
  const document = DynamoDBDocumentClient.from(base);
  const seen = watchBus(local);
  const staff = createStaff({ local, document });
  const clients = [bus, lambda, sqs, scheduler, base];
  let organizations = 0;
  const clearFaults = () => {
    for (const part of Object.values(local.faults)) part.clear();
  };

  const cloud: TestCloud = {
    local,
    dataDir,
    document,
    scheduler,
    seen,
    staff,
    organization(id) {
      if (id !== undefined) return new Organization(cloud, id);
      organizations += 1;
      return new Organization(cloud, `org${organizations}`);
    },
    async publish(...entries) {
      for (let start = 0; start < entries.length; start += 10) {
        const Entries = entries.slice(start, start + 10).map((entry) => ({ EventBusName: LOCAL_BUS, ...entry }));
        const answer = await bus.send(new PutEventsCommand({ Entries }));
        if (answer.FailedEntryCount !== 0) throw new Error(`the bus refused: ${JSON.stringify(answer.Entries)}`);
      }
    },
    async command(command) {
      if (!OWNER_COMMANDS.has(command.command)) return staff.command(command);
      const answer = await lambda.send(
        new InvokeCommand({
          FunctionName: nameOf("administer-platform"),
          Payload: Buffer.from(JSON.stringify(command)),
        }),
      );
      const text = Buffer.from(answer.Payload ?? []).toString("utf8");
      if (answer.FunctionError !== undefined) throw new Error(text);
      return JSON.parse(text) as CommandAnswer;
    },
    settle: () => local.settle(),
    now: () => local.clock.now(),
    async advance(ms) {
      await local.advanceTo(local.clock.now() + ms);
    },
    async advanceTo(instant) {
      await local.advanceTo(typeof instant === "number" ? instant : Date.parse(instant));
    },
    items: (organizationId) => scan(document, LOCAL_TABLE, "organizationId", organizationId),
    async audit(organizationId) {
      const items = await scan(document, nameOf("audit"), "organization_id", organizationId);
      const keyOf = ({ pk, sk }: Document) => `${pk}\u0000${sk}`;
      return items.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).map((item) => item as unknown as AuditLine);
    },
    async queued(name) {
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: nameOf(name) }));
      const found: Message[] = [];
      for (;;) {
        const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
        if (Messages.length === 0) break;
        found.push(...Messages);
      }
      for (const { ReceiptHandle } of found) {
        await sqs.send(new ChangeMessageVisibilityCommand({ QueueUrl, ReceiptHandle, VisibilityTimeout: 0 }));
      }
      return found.map(({ Body }) => JSON.parse(Body ?? "null") as Document);
    },
    functionLog: (name) => readFile(join(dataDir, "logs", `${nameOf(name)}.log`), "utf8"),
    clearFaults,
    endFaults() {
      const idle = [
        ...local.faults.aws.list().filter(({ injected }) => injected === 0),
        ...local.stripe.control.faults().filter(({ count, remaining }) => count !== undefined && remaining === count),
      ];
      clearFaults();
      if (idle.length > 0) throw new Error(`faults that never struck: ${JSON.stringify(idle)}`);
    },
    async stop() {
      for (const client of clients) client.destroy();
      await local.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return cloud;
}

interface Template {
  readonly Resources: Record<string, TemplateResource>;
}
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Document;
}

/** The application as it is synthesized, with its resources changed by hand before it starts. */
export function editedApp(edit: (resources: readonly TemplateResource[]) => void): Synthesize {
  return async (outdir, settings) => {
    const { synthLocal } = await import("../../infra/local.ts");
    const assembly = await synthLocal(outdir, settings);
    for (const { name } of readAssembly(assembly.directory).stacks) {
      const file = join(assembly.directory, `${name}.template.json`);
      const template = JSON.parse(readFileSync(file, "utf8")) as Template;
      edit(Object.values(template.Resources));
      writeFileSync(file, JSON.stringify(template));
    }
    return assembly;
  };
}

/** Reads a whole table, which only a test may do. */
async function scan(client: DynamoDBDocumentClient, TableName: string, owner: string, value: string | undefined) {
  const filter = value !== undefined && {
    FilterExpression: "#owner = :owner",
    ExpressionAttributeNames: { "#owner": owner },
    ExpressionAttributeValues: { ":owner": value },
  };
  const items: Document[] = [];
  for await (const page of paginateScan({ client }, { TableName, ...filter })) items.push(...(page.Items ?? []));
  return items;
}

/** Listens at the bus itself, so that an event counts as published only where the bus has taken it. */
function watchBus({ bus }: LocalCloud): BusEventSeen[] {
  const seen: BusEventSeen[] = [];
  const put = bus.put.bind(bus);
  bus.put = (entries) => {
    const ids = put(entries);
    for (const { source, detailType, detail } of entries) {
      seen.push({ source, detailType, detail: JSON.parse(detail) as Document });
    }
    return ids;
  };
  return seen;
}
