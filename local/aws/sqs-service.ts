import { createHash } from "node:crypto";
import * as z from "zod";
import type { Authorizer } from "../iam/authorizer.ts";
import type { QueueModel } from "../template/model.ts";
import {
  type AwsCall,
  AwsError,
  type AwsReply,
  type AwsService,
  json,
  notSupported,
  parseInput,
  requireAccess,
} from "./call.ts";
import type { LocalQueues, ReceivedMessage } from "./queues.ts";

const messageLimitBytes = 1_048_576;

const attributeSchema = z.strictObject({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
const url = z.string();
const names = z.array(z.string()).optional();
const sendSchema = z.strictObject({
  QueueUrl: url,
  MessageBody: z.string().min(1),
  DelaySeconds: z.int().min(0).max(900).optional(),
  MessageAttributes: z.record(z.string(), attributeSchema).optional(),
  MessageSystemAttributes: z.unknown().optional(),
});
const receiveSchema = z.strictObject({
  QueueUrl: url,
  AttributeNames: names,
  MessageSystemAttributeNames: names,
  MessageAttributeNames: names,
  MaxNumberOfMessages: z.int().min(1).max(10).default(1),
  VisibilityTimeout: z.int().min(0).max(43_200).optional(),
  WaitTimeSeconds: z.int().min(0).max(20).default(0),
  ReceiveRequestAttemptId: z.string().optional(),
});
const receiptSchema = z.strictObject({ QueueUrl: url, ReceiptHandle: z.string() });
const visibilitySchema = receiptSchema.extend({ VisibilityTimeout: z.int().min(0).max(43_200) });
const entriesSchema = z.strictObject({
  QueueUrl: url,
  Entries: z.array(visibilitySchema.omit({ QueueUrl: true }).extend({ Id: z.string().regex(/^[\w-]{1,80}$/) })),
});
const queueSchema = z.strictObject({ QueueUrl: url, AttributeNames: names });
const nameSchema = z.strictObject({ QueueName: z.string(), QueueOwnerAWSAccountId: z.string().optional() });
const listSchema = z.strictObject({
  QueueNamePrefix: z.string().default(""),
  MaxResults: z.int().optional(),
  NextToken: z.string().optional(),
});

/** SQS: standard queues, by URL. */
export function createSqsService({
  authorizer,
  queues,
}: {
  readonly authorizer: Authorizer;
  readonly queues: LocalQueues;
}): AwsService {
  function queueFor(call: AwsCall, id: string, action = call.operation): QueueModel {
    const queue = queues.find(id);
    if (queue === undefined) {
      throw new AwsError("QueueDoesNotExist", "The specified queue does not exist.", {
        details: { queryCode: "AWS.SimpleQueueService.NonExistentQueue" },
      });
    }
    requireAccess(authorizer, call, { action: `sqs:${action}`, resource: queue.arn });
    return queue;
  }

  async function receive(call: AwsCall): Promise<AwsReply> {
    const input = parseInput(call, receiveSchema);
    const queue = queueFor(call, input.QueueUrl);
    const take = () =>
      queues.receive(queue.arn, { max: input.MaxNumberOfMessages, visibilityTimeoutSeconds: input.VisibilityTimeout });
    let messages = take();
    if (messages.length === 0 && input.WaitTimeSeconds > 0) {
      await arrival(queues, queue.arn, input.WaitTimeSeconds * 1000);
      messages = take();
    }
    const system = [...(input.AttributeNames ?? []), ...(input.MessageSystemAttributeNames ?? [])];
    return json(
      messages.length === 0
        ? {}
        : { Messages: messages.map((message) => present(message, system, input.MessageAttributeNames ?? [])) },
    );
  }

  const operations: Readonly<Record<string, AwsService>> = {
    SendMessage(call) {
      const input = parseInput(call, sendSchema);
      const queue = queueFor(call, input.QueueUrl);
      if (Buffer.byteLength(input.MessageBody) > messageLimitBytes) {
        throw new AwsError(
          "InvalidParameterValue",
          `One or more parameters are invalid. Reason: Message must be shorter than ${messageLimitBytes} bytes.`,
        );
      }
      const { messageId } = queues.sendWith(queue.arn, {
        body: input.MessageBody,
        attributes: input.MessageAttributes ?? {},
        delaySeconds: input.DelaySeconds,
      });
      return json({ MessageId: messageId, MD5OfMessageBody: md5(input.MessageBody) });
    },
    ReceiveMessage: receive,
    DeleteMessage(call) {
      const input = parseInput(call, receiptSchema);
      queues.remove(queueFor(call, input.QueueUrl).arn, input.ReceiptHandle);
      return json({});
    },
    ChangeMessageVisibility(call) {
      const input = parseInput(call, visibilitySchema);
      const queue = queueFor(call, input.QueueUrl);
      if (!queues.changeVisibility(queue.arn, input.ReceiptHandle, input.VisibilityTimeout)) {
        throw new AwsError("ReceiptHandleIsInvalid", "The input receipt handle is invalid.");
      }
      return json({});
    },
    ChangeMessageVisibilityBatch(call) {
      const { QueueUrl, Entries } = parseInput(call, entriesSchema);
      const queue = queueFor(call, QueueUrl, "ChangeMessageVisibility");
      requireBatch(Entries.map(({ Id }) => Id));
      const changed = Entries.map(({ Id, ReceiptHandle, VisibilityTimeout }) => ({
        Id,
        ok: queues.changeVisibility(queue.arn, ReceiptHandle, VisibilityTimeout),
      }));
      const Message = "The input receipt handle is invalid.";
      return json({
        Successful: changed.filter(({ ok }) => ok).map(({ Id }) => ({ Id })),
        Failed: changed
          .filter(({ ok }) => !ok)
          .map(({ Id }) => ({ Id, SenderFault: true, Code: "ReceiptHandleIsInvalid", Message })),
      });
    },
    GetQueueAttributes(call) {
      const input = parseInput(call, queueSchema);
      const all = attributesOf(queueFor(call, input.QueueUrl), queues);
      const wanted = new Set(input.AttributeNames ?? []);
      return json({
        Attributes: Object.fromEntries(Object.entries(all).filter(([name]) => wanted.has("All") || wanted.has(name))),
      });
    },
    GetQueueUrl(call) {
      return json({ QueueUrl: queueFor(call, parseInput(call, nameSchema).QueueName).url });
    },
    ListQueues(call) {
      const { QueueNamePrefix } = parseInput(call, listSchema);
      requireAccess(authorizer, call, { action: "sqs:ListQueues", resource: "*" });
      const found = queues.all().filter(({ name }) => name.startsWith(QueueNamePrefix));
      return json({ QueueUrls: found.map((queue) => queue.url) });
    },
    PurgeQueue(call) {
      queues.purge(queueFor(call, parseInput(call, queueSchema).QueueUrl).arn);
      return json({});
    },
  };

  return (call) => {
    const operation = operations[call.operation];
    if (operation === undefined) throw notSupported(call);
    return operation(call);
  };
}

const MAX_ENTRIES = 10;

function requireBatch(ids: readonly string[]): void {
  const refusal =
    ids.length === 0
      ? (["EmptyBatchRequest", "There should be at least one entry in the request."] as const)
      : ids.length > MAX_ENTRIES
        ? (["TooManyEntriesInBatchRequest", `Maximum number of entries per request are ${MAX_ENTRIES}.`] as const)
        : new Set(ids).size < ids.length
          ? (["BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id."] as const)
          : undefined;
  if (refusal === undefined) return;
  const [code, message] = refusal;
  throw new AwsError(code, message, { details: { queryCode: `AWS.SimpleQueueService.${code}` } });
}

/** Resolves when a message arrives, or after the caller's own (real) waiting time. */
function arrival(queues: LocalQueues, queueArn: string, waitMs: number): Promise<void> {
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      stop();
      resolve();
    };
    const timer = setTimeout(finish, waitMs);
    const stop = queues.onArrival(queueArn, finish);
  });
}

function attributesOf(queue: QueueModel, queues: LocalQueues): Readonly<Record<string, string>> {
  const depth = queues.depth(queue.arn);
  return {
    ApproximateNumberOfMessages: String(depth.visible),
    ApproximateNumberOfMessagesNotVisible: String(depth.inFlight),
    ApproximateNumberOfMessagesDelayed: String(depth.delayed),
    DelaySeconds: String(queue.delaySeconds),
    MaximumMessageSize: String(messageLimitBytes),
    MessageRetentionPeriod: String(queue.retentionSeconds),
    QueueArn: queue.arn,
    VisibilityTimeout: String(queue.visibilityTimeoutSeconds),
    ...(queue.redrive === undefined
      ? {}
      : {
          RedrivePolicy: JSON.stringify({
            deadLetterTargetArn: queue.redrive.deadLetterArn,
            maxReceiveCount: queue.redrive.maxReceiveCount,
          }),
        }),
  };
}

function present(message: ReceivedMessage, systemNames: readonly string[], attributeNames: readonly string[]) {
  const system: Readonly<Record<string, string>> = {
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedMs),
    ApproximateReceiveCount: String(message.receiveCount),
    SentTimestamp: String(message.sentMs),
  };
  const attributes = Object.entries(message.attributes).filter(([name]) => isWanted(name, attributeNames));
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    Body: message.body,
    MD5OfBody: md5(message.body),
    Attributes: Object.fromEntries(Object.entries(system).filter(([name]) => isWanted(name, systemNames))),
    ...(attributes.length > 0 ? { MessageAttributes: Object.fromEntries(attributes) } : {}),
  };
}

function isWanted(name: string, wanted: readonly string[]): boolean {
  return wanted.some((pattern) => pattern === "All" || pattern === ".*" || pattern === name);
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
