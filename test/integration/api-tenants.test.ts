import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as z from "zod";
import type { Document } from "../../local/report.ts";
import { type OperationId, operations } from "../../shared/api/contract/operations.ts";
import type { OperationSpec } from "../../shared/api/operation.ts";
import { childId, familyOf, familyOfCause, payoutIdOf } from "../../shared/domain/ids.ts";
import { MAX_AMOUNT_MINOR } from "../../shared/domain/money.ts";
import { type ApiAnswer, type Asked, createTestApi, type Person, type TestApi } from "../support/api.ts";
import { DAY_MS, MINUTE_MS, startTestCloud, type TestCloud } from "../support/cloud.ts";
import type { Organization } from "../support/organization.ts";
import { severalAtATime } from "../support/raw-requests.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });
let cloud: TestCloud;
let api: TestApi;

/** What a request can name. */
interface Names {
  readonly payout: string;
  readonly schedule: string;
  readonly hold: string;
  readonly transfer: string;
  readonly event: string;
  readonly payee: string;
  readonly company: string;
  readonly placement: string;
  readonly subject: string;
}
interface Tenant {
  readonly org: Organization;
  readonly boss: Person;
  readonly payee: Person;
  readonly names: Names;
}
let ours: Tenant;
let theirs: Tenant;
let before: readonly Document[];

/** Payouts that were sent, one that is still to be; people, refusals, and a payee of its own. */
async function settleIn(mark: string): Promise<Tenant> {
  const org = cloud.organization();
  const names = { payee: `payee-${mark}`, company: `company-${mark}`, subject: `vera-${mark}` };
  const shared = { company_id: names.company, payees: [{ payee_id: names.payee, share_bp: 10_000 }] };
  const payee = { payeeId: names.payee };
  for (const index of [1, 2]) {
    const placement_id = `placement-${mark}-${index}`;
    await org.start({ ...shared, placement_id, policy: { trigger_event: "contract_signed" } }, payee);
    await cloud.publish(org.placementSaid("contract_signed", { placement_id }));
  }
  const placement = `placement-${mark}-3`;
  await org.start({ ...shared, placement_id: placement }, payee);
  await cloud.publish(org.payeeUpserted({ payeeId: `other-${mark}` }));
  await cloud.settle();
  const boss = await api.person(org.id, "super_admin", { subject: `sue-${mark}` });
  const vera = await api.person(org.id, "viewer", { subject: names.subject });
  for (let count = 0; count < 2; count += 1)
    await vera.refused("pauseSending", "permission_required", { body: { reason: "may I?" } });
  await cloud.settle();
  const [event] = await org.all("security_event");
  const [transfer] = await org.all("transfer");
  const family = familyOfCause("placement", org.id, placement, names.payee);
  const idOf = async (entity: "payout_schedule" | "escrow_hold") =>
    (await org.all(entity)).find(({ id }) => familyOf(id) === family)?.id ?? "";
  return {
    org,
    boss,
    payee: await api.person(org.id, "payee", { subject: `pat-${mark}`, scopeId: names.payee }),
    names: {
      ...names,
      placement,
      payout: payoutIdOf(family),
      schedule: await idOf("payout_schedule"),
      hold: await idOf("escrow_hold"),
      transfer: transfer?.id ?? "",
      event: event?.id ?? "",
    },
  };
}

const NOWHERE = familyOfCause("nowhere");
const absent: Names = {
  payout: payoutIdOf(NOWHERE),
  schedule: childId("ps", NOWHERE, 2),
  hold: childId("eh", NOWHERE, 1),
  transfer: childId("tr", NOWHERE, 5),
  event: "se_01JDR2V0Q8Z5Y7X3W1T9S6R400",
  payee: "payee-absent",
  company: "company-absent",
  placement: "placement-absent",
  subject: "vera-absent",
};

beforeAll(async () => {
  cloud = await startTestCloud();
  cloud.local.stripe.control.updateSettings({ payouts: { enabled: false } });
  api = createTestApi(cloud);
  ours = await settleIn("ours");
  theirs = await settleIn("theirs");
  before = await records();
});
afterAll(() => cloud.stop());

const specs = Object.entries(operations) as [OperationId, OperationSpec][];
const fieldsOf = (schema: z.ZodType | undefined): readonly string[] =>
  schema === undefined
    ? []
    : Object.keys((z.toJSONSchema(schema, { io: "input" }) as { properties?: object }).properties ?? {});

const KIND_BY_COLLECTION: Readonly<Record<string, keyof Names>> = {
  payouts: "payout",
  "payout-schedules": "schedule",
  "escrow-holds": "hold",
  transfers: "transfer",
  payees: "payee",
  activity: "event",
  roles: "subject",
};
function nameIn(path: string, names: Names): string {
  const kind = KIND_BY_COLLECTION[path.split("/")[2] ?? ""];
  if (kind === undefined) throw new Error(`nothing is known of ${path}`);
  return names[kind];
}

function paramsOf({ path }: OperationSpec, names: Names): Record<string, string> {
  if (path.includes("{entity_type}")) return { entity_type: "payout", entity_id: names.payout, version: "1" };
  return Object.fromEntries([...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [String(name), nameIn(path, names)]));
}

function bodyOf(spec: OperationSpec, names: Names): object {
  const named: Readonly<Record<string, unknown>> = {
    ids: spec.path.includes("bulk-") ? [nameIn(spec.path, names)] : undefined,
    from_schedule_id: names.schedule,
    payee_id: names.payee,
  };
  const fields = fieldsOf(spec.body);
  const own = Object.entries(named).filter(([name, value]) => fields.includes(name) && value !== undefined);
  return { ...(spec.example as object), ...Object.fromEntries(own) };
}

/** These take an id of the caller's own choice. */
const OWN_CHOICE: readonly OperationId[] = ["createPayee", "grantRole"];
const naming = specs.filter(([operationId, spec]) => {
  // What these name belongs to the platform, and to no organization.
  if (spec.operatorsOnly) return false;
  const inBody = fieldsOf(spec.body).some((name) => ["ids", "from_schedule_id", "payee_id"].includes(name));
  return (spec.path.includes("{") || inBody) && !OWN_CHOICE.includes(operationId);
});
const lists = specs.filter(([, spec]) => fieldsOf(spec.query).includes("cursor"));
const isOwn = ([id]: readonly [OperationId, OperationSpec]) => id.startsWith("listMy");

/** What remains of an answer when the names of what was asked for are taken out. */
function told({ status, text }: ApiAnswer, names: Names): string {
  const bare = Object.values(names)
    .toSorted((a, b) => b.length - a.length)
    .reduce((left, name) => left.replaceAll(name, "NAME"), text);
  return `${status} ${bare.replaceAll(/"request_id":"[^"]*"/g, "")}`;
}

/** Everything of both but word of what was refused or read. */
async function records(): Promise<Document[]> {
  await cloud.settle();
  const items = await Promise.all([ours, theirs].map(({ org }) => org.items()));
  return items.flat().filter(({ entity }) => entity !== "security_event");
}

describe("another organization's id is an id that doesn't exist", () => {
  // First: later on our own activity tells which of their ids were asked for.
  it("no list shows anything of anybody else's", async () => {
    await severalAtATime(lists, async ([operationId, spec]) => {
      const person = isOwn([operationId, spec]) ? ours.payee : ours.boss;
      // An export begins with its oldest day.
      const query = operationId === "exportAuditEntries" ? { from: new Date(cloud.now() - DAY_MS).toISOString() } : {};
      const { status, text } = await person.call(operationId, { params: paramsOf(spec, ours.names), query });
      expect(status, operationId).toBe(200);
      expect(text).not.toMatch(/-theirs/);
      expect(text).toMatch(/-ours/);
    });
  });

  it.each(naming)("%s", async (operationId, spec) => {
    const ask = (names: Names) =>
      ours.boss.call(operationId, { params: paramsOf(spec, names), body: bodyOf(spec, names), version: 1 });
    const answer = await ask(theirs.names);
    expect(told(answer, theirs.names)).toBe(told(await ask(absent), absent));
    if (answer.status === 207) expect(answer.json.summary).toEqual({ succeeded: 0, failed: 1 });
    else expect(["not_found", "payee_unknown"]).toContain(answer.json.code);
  });

  it("the ids that are asked for are there for those whose they are", async () => {
    const reads = naming.filter(([, spec]) => spec.method === "GET");
    for (const [operationId, spec] of reads)
      expect((await theirs.boss.call(operationId, { params: paramsOf(spec, theirs.names) })).status).toBe(200);
  });

  const filters = lists.flatMap((one) =>
    Object.entries({
      payee_id: ["payee"],
      company_id: ["company"],
      placement_id: ["placement"],
      payout_id: ["payout"],
      changed_by: ["subject"],
      subject: ["subject"],
      q: ["payout", "payee", "placement", "company", "transfer"],
    } satisfies Record<string, (keyof Names)[]>)
      .filter(([name]) => fieldsOf(one[1].query).includes(name))
      .flatMap(([name, kinds]) => kinds.map((kind) => ({ operationId: one[0], name, kind }))),
  );

  it("in every filter of every list", async () => {
    expect(filters.length).toBeGreaterThan(40);
    await severalAtATime(filters, async ({ operationId, name, kind }) => {
      const ask = (names: Names) => ours.boss.call(operationId, { query: { [name]: names[kind] } });
      const answer = await ask(theirs.names);
      expect(told(answer, theirs.names)).toBe(told(await ask(absent), absent));
      expect(answer.status, `${operationId} ${name}: ${answer.text}`).toBeLessThan(500);
      for (const value of Object.values(theirs.names).filter((one) => one !== theirs.names[kind]))
        expect(answer.text).not.toContain(value);
    });
  });
});

describe("a cursor", () => {
  const paged = lists.filter(([, spec]) => fieldsOf(spec.query).includes("limit"));

  it.each(paged)("%s: of another organization, of another list, or made up, is refused", async (operationId, spec) => {
    const [here, there] = isOwn([operationId, spec]) ? [ours.payee, theirs.payee] : [ours.boss, theirs.boss];
    const first = await there.ok(operationId, { params: paramsOf(spec, theirs.names), query: { limit: 1 } });
    const ask = (cursor: string) =>
      here.call(operationId, { params: paramsOf(spec, ours.names), query: { cursor, limit: 1 } });
    const foreign = first.pagination.next_cursor;
    // One record's lines are a single one where nothing has changed since.
    if (operationId !== "getAuditChain") expect(foreign).toBeTypeOf("string");
    for (const cursor of [
      foreign,
      "e30",
      "A".repeat(2_000),
      Buffer.from('{"pk":"a","sk":"b"}').toString("base64url"),
    ]) {
      if (cursor === null) continue;
      const { status, json } = await ask(cursor);
      expect([operationId, status, json.code]).toEqual([operationId, 400, "invalid_cursor"]);
    }
    for (const cursor of ["%00", "a b", "../", "A".repeat(2_001)]) {
      const { status, json } = await ask(cursor);
      expect([status, json.code, json.field]).toEqual([400, "invalid_request", "cursor"]);
    }
  });

  it("is refused by the exports as well, and by every other list", async () => {
    const { pagination } = await ours.boss.ok("listPayouts", { query: { limit: 1 } });
    const others = lists.filter((one) => one[0] !== "listPayouts" && !isOwn(one));
    await severalAtATime(others, async ([operationId, spec]) => {
      const query = { cursor: pagination.next_cursor };
      const { status, json } = await ours.boss.call(operationId, { params: paramsOf(spec, ours.names), query });
      expect([operationId, status, json.code]).toEqual([operationId, 400, "invalid_cursor"]);
    });
  });

  it("comes with a page of 1 to 100", async () => {
    await severalAtATime(paged, async ([operationId, spec]) => {
      const person = isOwn([operationId, spec]) ? ours.payee : ours.boss;
      for (const limit of ["0", "101", "1000000000", "-1", "1.5", "1e2", "ten", ""]) {
        const asked = { params: paramsOf(spec, ours.names), query: { limit } };
        const problem = await person.refused(operationId, "invalid_request", asked);
        expect([problem.field, problem.detail]).toEqual(["limit", expect.stringContaining("1 to 100")]);
      }
    });
  });
});

describe("what can't be meant is refused with the field", () => {
  const at = (field: string, value: unknown, example: unknown): object => {
    const [first = "", ...rest] = field.split(".");
    const own = (example ?? {}) as Record<string, unknown>;
    return { ...own, [first]: rest.length === 0 ? value : at(rest.join("."), value, own[first]) };
  };
  async function refuses(operationId: OperationId, field: string, values: readonly unknown[]): Promise<void> {
    const spec = specs.find(([id]) => id === operationId)?.[1];
    if (spec === undefined) throw new Error(`no ${operationId}`);
    for (const value of values) {
      const asked: Asked = { params: paramsOf(spec, ours.names), body: at(field, value, spec.example), version: 1 };
      const problem = await ours.boss.refused(operationId, "invalid_request", asked);
      expect(problem.field?.replace(/\[.*/, ""), JSON.stringify(value)).toBe(field);
    }
  }

  it.each([
    ["createPayout", "amount"],
    ["createPayout", "hold.amount"],
    ["createPayoutSchedule", "amount"],
    ["createEscrowHold", "amount"],
    ["releaseEscrowHold", "amount"],
    ["reverseTransfer", "amount"],
    ["createPayee", "minimum_payout"],
    ["updatePayee", "minimum_payout"],
    ["updateSettings", "cooling_off_hours"],
  ] as const)("%s: a negative, fractional or huge %s", (operationId, field) =>
    refuses(operationId, field, [-1, 0.5, 1e21, MAX_AMOUNT_MINOR + 1, 2 ** 53, "100", "1e3", true, [], {}]),
  );

  it.each([
    ["createPayout", "currency"],
    ["createPayee", "default_currency"],
  ] as const)("%s: a %s that isn't supported", (operationId, field) =>
    refuses(operationId, field, ["usd", "BTC", "XXX", "US", "", "USD ", 840, null]),
  );

  const bulk = naming.filter(([, spec]) => fieldsOf(spec.body).includes("ids")).map(([operationId]) => operationId);
  it.each(bulk)("%s: ten thousand ids, none, the same twice, or what is no list", (operationId) => {
    const many = Array.from({ length: 10_000 }, (_, index) => `po_${index}`);
    return refuses(operationId, "ids", [many, many.slice(0, 101), [], ["po_1", "po_1"], "po_1", [1], [null], [""]]);
  });
});

describe("a formula in a name", () => {
  it.each(["=HYPERLINK(1)", "+1+1", "-1+1", "@SUM(1)", "＝1"])("%s is text in a CSV", async (name) => {
    const org = cloud.organization();
    const olga = await api.person(org.id, "operator", { subject: "olga" });
    const body = { payee_id: "payee-1", name, default_currency: "USD", destinations: [] };
    await olga.ok("createPayee", { body });
    await olga.ok("createPayout", { body: { payee_id: "payee-1", amount: 1, currency: "USD", notes: name } });
    for (const operationId of ["listPayees", "listPayouts"] as const) {
      const { text } = await olga.call(operationId, { headers: { accept: "text/csv" } });
      expect(text).toContain(`'${name}`);
      expect(text.replaceAll(`'${name}`, "")).not.toContain(name);
    }
    const { text } = await olga.call("exportPayouts");
    expect(text).toContain(`'${name}`);
  });
});

describe("a role", () => {
  it("that was taken away a minute ago is none; one that was given counts at once", async () => {
    const org = cloud.organization();
    const sue = await api.person(org.id, "super_admin", { subject: "sue" });
    const olga = await api.person(org.id, "operator", { subject: "olga" });
    const body = { payee_id: "payee-1", name: "P", default_currency: "USD", destinations: [] };
    await olga.ok("listPayouts");
    await olga.ok("createPayee", { body });

    await sue.ok("revokeRole", { params: { subject: "olga" } });
    await cloud.advance(MINUTE_MS);
    await olga.refused("listPayouts", "permission_required");
    await olga.refused("createPayee", "permission_required", { body: { ...body, payee_id: "payee-2" } });
    expect(await org.all("payee")).toHaveLength(1);

    await sue.ok("grantRole", { body: { subject: "olga", role: "viewer" } });
    await olga.ok("listPayouts");
    await olga.refused("createPayee", "permission_required", { body });
  });

  it("of one organization is none in another", async () => {
    const token = await api.stranger(ours.org.id, theirs.boss.subject);
    await token.refused("listPayouts", "permission_required");
    await token.refused("updateSettings", "permission_required", { version: 1, body: { cooling_off_hours: 1 } });
  });
});

it("after all of this both organizations are as they were, and sound", async () => {
  expect(await records()).toEqual(before);
  for (const { org } of [ours, theirs]) await org.expectInvariants();
});
