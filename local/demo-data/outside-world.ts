/** What the demo data is made with: everything that other systems, staff and the provider have, and nothing else. */
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import type * as z from "zod";
import { type ApiClient, createApiClient } from "../../client/api-client.ts";
import type { InboundType, inboundSchemas } from "../../shared/events/inbound.ts";
import { control, type Endpoints } from "../client.ts";
import { LOCAL_BUS, localAws } from "../report.ts";

type Said<T extends InboundType> = Omit<z.input<(typeof inboundSchemas)[T]>, "organization_id" | "schema_version">;
/** An event of another system; its organization is added. */
export type OutsideEvent = {
  [T in InboundType]: { readonly source: "partners" | "placements"; readonly type: T; readonly detail: Said<T> };
}[InboundType];

/** A step of the demo data was refused, in the words of who refused it. */
export class DemoDataRefused extends Error {
  override readonly name = "DemoDataRefused";
}

/** An answer of the API's client. */
interface Answer<Data> {
  readonly data?: Data;
  readonly error?: unknown;
  readonly response: Response;
}

/** The most that EventBridge takes in one call. */
const EVENTS_PER_CALL = 10;
/** Requests of people under way at once. */
const REQUESTS_AT_ONCE = 2;

export interface OutsideWorldOptions {
  readonly endpoints: Endpoints;
  readonly organizationId: string;
  /** Epoch milliseconds: the instant from which all dates of the data are counted. */
  readonly todayMs: number;
}

export type OutsideWorld = ReturnType<typeof createOutsideWorld>;

export function createOutsideWorld({ endpoints, organizationId, todayMs }: OutsideWorldOptions) {
  const bus = new EventBridgeClient(localAws(endpoints));
  const clients = new Map<string, Promise<ApiClient>>();

  async function signIn(wish: { readonly sub: string; readonly role?: string }): Promise<ApiClient> {
    const answer = await control<{ access_token: string }>(endpoints.local, "/token", { ...wish, organizationId });
    return createApiClient({ baseUrl: endpoints.api, token: () => answer.access_token });
  }

  async function put(entries: readonly { source: string; type: string; detail: object }[]): Promise<void> {
    for (let start = 0; start < entries.length; start += EVENTS_PER_CALL) {
      const Entries = entries.slice(start, start + EVENTS_PER_CALL).map(({ source, type, detail }) => ({
        EventBusName: LOCAL_BUS,
        Source: source,
        DetailType: type,
        Detail: JSON.stringify({ organization_id: organizationId, ...detail }),
      }));
      const answer = await bus.send(new PutEventsCommand({ Entries }));
      if (answer.FailedEntryCount !== 0) {
        throw new DemoDataRefused(`the bus refused events: ${JSON.stringify(answer.Entries)}`);
      }
    }
  }

  return {
    endpoints,
    organizationId,
    todayMs,

    publish: (events: readonly OutsideEvent[]): Promise<void> => put(events),

    /** Events that no system should send. */
    publishMalformed: (events: readonly { type: InboundType; detail: object }[]): Promise<void> =>
      put(events.map((event) => ({ source: "placements", ...event }))),

    /** The API as this person calls it; a role is only for who comes before all others. */
    as(subject: string, role?: "super_admin"): Promise<ApiClient> {
      const known = clients.get(subject) ?? signIn({ sub: subject, ...(role === undefined ? {} : { role }) });
      clients.set(subject, known);
      return known;
    },

    /** One idempotency key for each deed: asked for again after an interruption, it is done once. */
    once: (deed: string) => ({ "Idempotency-Key": `demo-data/${todayMs}/${deed}` }),

    close: () => bus.destroy(),
  };
}

/**
 * The data of an answer; undefined where one of the codes in `done` says that it had been done before. Throws
 * `DemoDataRefused` for any other refusal.
 */
export async function granted<Data>(
  what: string,
  asked: Promise<Answer<Data>>,
  done: readonly string[] = [],
): Promise<Data | undefined> {
  const { data, error, response } = await asked;
  if (error === undefined) return data;
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  if (done.includes(code)) return undefined;
  throw new DemoDataRefused(`${what}: ${response.status} ${JSON.stringify(error).slice(0, 500)}`);
}

/** Works on all of them, a few at a time; the first failure is thrown once nothing is under way any more. */
export async function forEach<Item>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<unknown>,
): Promise<void> {
  const queue = items.entries();
  const lane = async () => {
    for (const [index, item] of queue) await work(item, index);
  };
  const lanes = await Promise.allSettled(Array.from({ length: REQUESTS_AT_ONCE }, lane));
  const failed = lanes.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}
