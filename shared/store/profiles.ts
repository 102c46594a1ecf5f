import { setTimeout as sleepFor } from "node:timers/promises";
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import * as z from "zod";
import { type PersonProfile, type SeenAddress, WINDOW_MS, windowStart } from "../access/suspicion.ts";
import { toInstant } from "../domain/dates.ts";
import { StoreBusy } from "./errors.ts";
import { type Key, profileKey } from "./keys.ts";
import { type RetrySettings, retryWhileBusy } from "./retry.ts";

/** Longer than what any rule looks back. */
const KEPT_SECONDS = 100 * 86_400;
/** The window is turned once by whoever comes first; more rounds than this mean that clocks are far apart. */
const ROUNDS = 4;
const BUSY_RETRY_AFTER_MS = 1_000;

export interface ProfileOptions extends Partial<RetrySettings> {
  readonly client: DynamoDBDocumentClient;
  readonly tableName: string;
}

/** Whose profile. */
export interface Person {
  readonly organizationId: string;
  readonly subject: string;
}

export type Counted = "actions" | "failures";
export type Profiles = ReturnType<typeof createProfiles>;

const profileSchema = z.object({
  windowFrom: z.string(),
  actions: z.number().default(0),
  failures: z.number().default(0),
  previousActions: z.number().default(0),
  previousFailures: z.number().default(0),
  addresses: z
    .array(z.object({ address: z.string(), firstSeenAt: z.string(), lastSeenAt: z.string() }))
    .default(() => []),
});

async function unlessConditionFails<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && error.name === "ConditionalCheckFailedException") return undefined;
    throw error;
  }
}

/** How people usually act: one item per person, of bounded size, that nobody is told about and that expires. */
export function createProfiles(options: ProfileOptions) {
  const { client, tableName } = options;
  const retry: RetrySettings = {
    sleep: options.sleep ?? ((ms) => sleepFor(ms)),
    random: options.random ?? Math.random,
  };
  const keyOf = ({ organizationId, subject }: Person) => profileKey(organizationId, subject);

  async function read(key: Key): Promise<PersonProfile | undefined> {
    const { Item: item } = await retryWhileBusy(
      () => client.send(new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true })),
      retry,
    );
    return item === undefined ? undefined : profileSchema.parse(item);
  }

  /** Adds one, if the item is at this window. */
  async function add(
    key: Key,
    counted: Counted,
    windowFrom: string,
    expiresAt: number,
  ): Promise<PersonProfile | undefined> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: key,
      UpdateExpression: "SET #expires = :expires ADD #counted :one",
      ConditionExpression: "#window = :window",
      ExpressionAttributeNames: { "#expires": "expiresAt", "#counted": counted, "#window": "windowFrom" },
      ExpressionAttributeValues: { ":expires": expiresAt, ":one": 1, ":window": windowFrom },
      ReturnValues: "ALL_NEW",
    });
    const result = await retryWhileBusy(() => unlessConditionFails(client.send(command)), retry);
    return result === undefined ? undefined : profileSchema.parse(result.Attributes);
  }

  /** Begins a window with nothing in it. What the one before had is kept if it was the very last one. */
  async function turn(key: Key, standing: PersonProfile | undefined, nowMs: number, windowMs: number): Promise<void> {
    const isNext = standing !== undefined && Date.parse(standing.windowFrom) === windowMs - WINDOW_MS;
    const condition = standing === undefined ? "attribute_not_exists(#window)" : "#window = :standing";
    const command = new UpdateCommand({
      TableName: tableName,
      Key: key,
      UpdateExpression:
        "SET #entity = :entity, #window = :window, #actions = :zero, #failures = :zero, #before = :before, #failed = :failed, #expires = :expires",
      ConditionExpression: condition,
      ExpressionAttributeNames: {
        "#entity": "entity",
        "#window": "windowFrom",
        "#actions": "actions",
        "#failures": "failures",
        "#before": "previousActions",
        "#failed": "previousFailures",
        "#expires": "expiresAt",
      },
      ExpressionAttributeValues: {
        ":entity": "profile",
        ":window": toInstant(windowMs),
        ":zero": 0,
        ":before": isNext ? standing.actions : 0,
        ":failed": isNext ? standing.failures : 0,
        ":expires": expiryOf(nowMs),
        ...(standing === undefined ? {} : { ":standing": standing.windowFrom }),
      },
    });
    await retryWhileBusy(() => unlessConditionFails(client.send(command)), retry);
  }

  return {
    /** Counts one more and gives the profile with it. One write, but for the first of each ten minutes. */
    async count(person: Person, counted: Counted, nowMs: number): Promise<PersonProfile> {
      const key = keyOf(person);
      const windowMs = windowStart(nowMs);
      let windowFrom = toInstant(windowMs);
      for (let round = 1; round <= ROUNDS; round += 1) {
        const profile = await add(key, counted, windowFrom, expiryOf(nowMs));
        if (profile !== undefined) return profile;
        const standing = await read(key);
        // Somebody else has begun this window, or, with a clock that is ahead, the next one: it counts there.
        if (standing !== undefined && standing.windowFrom >= windowFrom) windowFrom = standing.windowFrom;
        else await turn(key, standing, nowMs, windowMs);
      }
      throw new StoreBusy(`profile of ${person.subject} is turned all the time`, BUSY_RETRY_AFTER_MS);
    },

    /** Writes a person's addresses. Of two at once one is lost and comes again with the next action from there. */
    async rememberAddresses(person: Person, addresses: readonly SeenAddress[]): Promise<void> {
      const command = new UpdateCommand({
        TableName: tableName,
        Key: keyOf(person),
        UpdateExpression: "SET #addresses = :addresses",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeNames: { "#addresses": "addresses" },
        ExpressionAttributeValues: { ":addresses": addresses },
      });
      await retryWhileBusy(() => unlessConditionFails(client.send(command)), retry);
    },
  };
}

function expiryOf(nowMs: number): number {
  return Math.floor(nowMs / 1_000) + KEPT_SECONDS;
}
