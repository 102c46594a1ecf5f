import { type AwsCall, AwsError, type AwsReply, type AwsService, requireAccess } from "../aws/call.ts";
import type { Meter } from "../aws/metering.ts";
import type { Authorizer } from "../iam/authorizer.ts";
import type { TableModel, TemplateModel } from "../template/model.ts";
import { askForCapacity, hasCapacity, settleCapacity } from "./capacity.ts";
import type { Forward } from "./forward.ts";
import { type Access, dynamoAccess, type TableNames } from "./permissions.ts";
import { createStreamNames } from "./stream-names.ts";

const target = "DynamoDB_20120810";
const streamsTarget = "DynamoDBStreams_20120810";

const writing = /^(?:Put|Update|Delete|TransactWrite|BatchWrite|Execute|BatchExecute)/;

export interface DynamoServiceOptions {
  readonly model: TemplateModel;
  readonly authorizer: Authorizer;
  readonly forward: Forward;
  readonly meter: Meter;
  /** Called after each successful write with the names of the tables, so that stream readers needn't poll. */
  readonly onWrite?: (tableNames: readonly string[]) => void;
}

/** DynamoDB and its streams: each call is authorized as AWS does it, then passed to the store and metered. */
export function createDynamoServices(options: DynamoServiceOptions): {
  dynamodb: AwsService;
  dynamodbstreams: AwsService;
} {
  const { model, authorizer, forward, meter, onWrite } = options;
  const tables = new Map(model.tables.map((table) => [table.name, table]));
  const names: TableNames = {
    arnOf: (name) => tables.get(name)?.arn ?? `arn:aws:dynamodb:${model.region}:${model.account}:table/${name}`,
    tableOf: (name): TableModel | undefined => tables.get(name),
  };
  const streams = createStreamNames(model.tables, forward);

  async function dynamodb(call: AwsCall): Promise<AwsReply> {
    const { operation } = call;
    const body = withTableNames(call.body);
    const input = parse(body);
    const access = dynamoAccess(operation, input, names);
    for (const needed of access) requireAccess(authorizer, call, needed);

    const isMetered = hasCapacity(operation);
    const answer = await forward(`${target}.${operation}`, isMetered ? askForCapacity(body, input) : body);
    const about = aboutOf(access);
    if (answer.status !== 200) return { status: answer.status, body: answer.body, about };
    if (writing.test(operation)) onWrite?.(tableNamesOf(access));
    if (!isMetered) return { status: 200, body: await describe(operation, answer.body), about };
    const key = { functionName: call.principal.functionName, service: "dynamodb", operation };
    const isPartiqlRead = access.every(({ action }) => action === "dynamodb:PartiQLSelect");
    return {
      status: 200,
      about,
      body: settleCapacity(answer.body, input.ReturnConsumedCapacity, meter, key, isPartiqlRead),
    };
  }

  /** The store puts a region of its own into ARNs; callers see the template's. */
  async function describe(operation: string, body: string): Promise<string> {
    if (!operation.endsWith("Table")) return body;
    return (await streams.toTemplate(body)).replaceAll(
      /arn:aws:dynamodb:[\w-]+:\d{12}:table\//g,
      `arn:aws:dynamodb:${model.region}:${model.account}:table/`,
    );
  }

  async function dynamodbstreams(call: AwsCall): Promise<AwsReply> {
    const input = parse(call.body);
    const { operation } = call;
    let streamArn = typeof input.StreamArn === "string" ? input.StreamArn : "*";
    let body = call.body;
    if (operation === "ListStreams") {
      streamArn = tables.get(String(input.TableName))?.streamArn ?? "*";
    } else if (operation === "GetRecords") {
      // An iterator is opaque, so the stream's name travels in front of it: the permission is asked for per stream.
      const iterator = String(input.ShardIterator ?? "");
      const separator = iterator.indexOf("|");
      streamArn = iterator.slice(0, Math.max(separator, 0));
      body = JSON.stringify({ ...input, ShardIterator: iterator.slice(separator + 1) });
    }
    requireAccess(authorizer, call, { action: `dynamodb:${operation}`, resource: streamArn });
    const answer = await forward(`${streamsTarget}.${operation}`, await streams.toStore(body));
    if (answer.status !== 200) return { status: answer.status, body: answer.body };
    const translated = await streams.toTemplate(answer.body);
    return { status: 200, body: nameIterators(translated, streamArn) };
  }

  return { dynamodb, dynamodbstreams };
}

function nameIterators(body: string, streamArn: string): string {
  return body.replace(/"((?:Next)?ShardIterator)":"/, (_, member: string) => `"${member}":"${streamArn}|`);
}

/** The table or index of a call; of a transaction over several tables, none. */
function aboutOf(access: readonly Access[]): { resource: string; index?: string } {
  const [only, ...others] = new Set(access.map(({ resource }) => resource));
  const [, resource = "", index] = /:table\/([^/]+)(?:\/index\/(.+))?/.exec(only ?? "") ?? [];
  if (others.length > 0) return { resource: "" };
  return index === undefined ? { resource } : { resource, index };
}

function tableNamesOf(access: readonly Access[]): string[] {
  return [...new Set(access.map(({ resource }) => /:table\/([^/]+)/.exec(resource)?.[1] ?? ""))];
}

/** Tables may be named by their ARN, which the store doesn't know. */
function withTableNames(body: string): string {
  if (!body.includes("arn:aws:dynamodb:")) return body;
  return body
    .replace(/"TableName"\s*:\s*"arn:aws:dynamodb:[\w-]+:\d{12}:table\/([\w.-]+)"/g, '"TableName":"$1"')
    .replace(/"arn:aws:dynamodb:[\w-]+:\d{12}:table\/([\w.-]+)"\s*:/g, '"$1":');
}

function parse(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body === "" ? "{}" : body);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Falls through to the same answer.
  }
  throw new AwsError("SerializationException", "The body isn't a JSON object");
}
