import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import { type KeptMessage, readKept } from "./kept-message.ts";
import { reach } from "./platform-services.ts";

/** A message of a failure queue, in the hands of whoever received it. */
export interface DeadLetter {
  readonly id: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Epoch milliseconds; when it came into the queue. */
  readonly sentMs: number;
  /** This time included. */
  readonly receiveCount: number;
  readonly kept: KeptMessage;
}

export interface ReceiveOptions {
  /** How many messages at the most. */
  readonly maximum: number;
  /** For which they are nobody else's. Must be longer than the work on them takes. */
  readonly hiddenSeconds: number;
  /** Stops as soon as all of these are among them. */
  readonly wanted?: ReadonlySet<string>;
  /** Stops as soon as there are so many, without asking once more whether the queue is empty. */
  readonly expected?: number;
}

/** SQS gives at most ten a call. */
const PER_CALL = 10;
/** Asking with a wait is what makes SQS look at all of its servers; an empty queue costs this long. */
const WAIT_SECONDS = 1;
/** A standard queue may give fewer than it has; so many calls in a row are enough of it. */
const SPARE_CALLS = 10;

/**
 * One failure queue. What SQS guarantees, and what not: a message that is received is hidden from others for the time asked
 * for and then comes again, unless it was removed; its receive count goes up each time, which nothing here acts on. A call
 * gives up to ten messages, in about the order in which they came, and sometimes none although there are some. Rarely, a
 * message is given twice, or after its removal. Looking thrice at a message takes it out of CloudWatch's age of the
 * oldest. Throws `PlatformUnavailable`.
 */
export function createDeadLetterQueue({ client, url }: { readonly client: SQSClient; readonly url: string }) {
  async function receiveOnce(hiddenSeconds: number): Promise<readonly Message[]> {
    const command = new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: PER_CALL,
      VisibilityTimeout: hiddenSeconds,
      WaitTimeSeconds: WAIT_SECONDS,
      MessageSystemAttributeNames: ["SentTimestamp", "ApproximateReceiveCount"],
      MessageAttributeNames: ["All"],
    });
    return (await reach("SQS", () => client.send(command))).Messages ?? [];
  }

  return {
    /** How many messages nobody has in hand: about. */
    async messages(): Promise<number> {
      const AttributeNames = ["ApproximateNumberOfMessages"] as const;
      const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [...AttributeNames] });
      const { Attributes } = await reach("SQS", () => client.send(command));
      return Number(Attributes?.ApproximateNumberOfMessages ?? 0);
    },

    /** Receives until the queue gives no more, or what is asked for is there; by message id. */
    async receive(options: ReceiveOptions): Promise<Map<string, DeadLetter>> {
      const { maximum, hiddenSeconds, wanted, expected = Number.POSITIVE_INFINITY } = options;
      const found = new Map<string, DeadLetter>();
      const missing = new Set(wanted);
      for (let calls = 0; calls < maximum / PER_CALL + SPARE_CALLS; calls += 1) {
        const messages = await receiveOnce(hiddenSeconds);
        for (const message of messages) {
          const letter = deadLetterOf(message);
          if (letter === undefined) continue;
          found.set(letter.id, letter);
          missing.delete(letter.id);
        }
        const isEnough = found.size >= Math.min(maximum, expected) || (wanted !== undefined && missing.size === 0);
        if (messages.length === 0 || isEnough) break;
      }
      return found;
    },

    /** Lets others see them again at once. What fails comes back by itself. */
    async giveBack(letters: readonly DeadLetter[]): Promise<void> {
      const calls = Array.from({ length: Math.ceil(letters.length / PER_CALL) }, (_, index) =>
        letters.slice(index * PER_CALL, (index + 1) * PER_CALL),
      );
      await Promise.all(
        calls.map((some) => {
          const Entries = some.map(({ receiptHandle }, index) => ({
            Id: String(index),
            ReceiptHandle: receiptHandle,
            VisibilityTimeout: 0,
          }));
          const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries });
          return reach("SQS", () => client.send(command));
        }),
      );
    },

    async remove({ receiptHandle }: DeadLetter): Promise<void> {
      const command = new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: receiptHandle });
      await reach("SQS", () => client.send(command));
    },
  };
}

export type DeadLetterQueue = ReturnType<typeof createDeadLetterQueue>;

function deadLetterOf(message: Message): DeadLetter | undefined {
  const { MessageId: id, ReceiptHandle: receiptHandle, Body: body = "", Attributes: system } = message;
  if (id === undefined || receiptHandle === undefined) return undefined;
  const attributes = Object.entries(message.MessageAttributes ?? {}).map(([name, { StringValue }]) => [
    name,
    StringValue,
  ]);
  return {
    id,
    receiptHandle,
    body,
    sentMs: Number(system?.SentTimestamp ?? 0),
    receiveCount: Number(system?.ApproximateReceiveCount ?? 1),
    kept: readKept(body, Object.fromEntries(attributes)),
  };
}
