import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AuditLine } from "../../../shared/audit/chain.ts";
import type { AuditContent } from "../../../shared/audit/entry.ts";
import { auditItem, auditKey } from "../../../shared/audit/items.ts";
import { createAuditReader } from "../../../shared/audit/reader.ts";
import { verifyAudit } from "../../../shared/audit/verify.ts";
import { addMs } from "../../../shared/domain/dates.ts";
import { readExport } from "../../../shared/queries/audit-export.ts";
import { type AuditFilters, type AuditLog, createAuditLog } from "../../../shared/queries/audit-log.ts";
import { createStore } from "../../../shared/store/store.ts";
import { type AuditTrail, createAuditTrail } from "../../support/audit-trail.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";

const ORG = "acme";
const NOW = "2026-11-21T12:00:00.000Z";
const DAY_MS = 86_400_000;
const retry = { sleep: async () => undefined, random: () => 0 };

let dynamo: TestDynamo;
let trail: AuditTrail;
let log: AuditLog;

const kinds = [
  { entity: "escrow_hold", actions: ["escrow_hold.created", "escrow_hold.updated", "escrow_hold.released"] },
  { entity: "transfer", actions: ["transfer.created", "transfer.attempted", "transfer.completed"] },
  { entity: "journal_entry", actions: ["journal_entry.posted"] },
] as const;
const people = ["ada", "bob", "scheduler"];

function content(entity: string, id: string, version: number, more: Partial<AuditContent>): AuditContent {
  const eventId = `${ORG}/${entity}/${id}/${version}`;
  return {
    id: eventId,
    organization_id: ORG,
    entity_type: entity,
    entity_id: id,
    payout_id: null,
    action: `${entity}.updated`,
    old_status: null,
    new_status: null,
    changed_by: "ada",
    changed_by_type: "user",
    changed_by_role: null,
    reason: null,
    before_state: null,
    after_state: { n: version },
    metadata: { event_id: eventId, correlation_id: "c", version },
    created_at: NOW,
    ...more,
  };
}

/** Days before now on which something happened: a busy one, a few ordinary ones, then years of little. */
const ages = [0, 0.1, 0.2, 1, 1.5, 2, 9, 9.1, 30, 31, 75, 76, 130, 200, 300, 364];

function history(): AuditContent[] {
  const lines: AuditContent[] = [];
  for (const [place, age] of ages.entries()) {
    const changes = age === 1 ? 70 : 12;
    for (let number = 0; number < changes; number += 1) {
      const kind = kinds[(number + place) % kinds.length] ?? kinds[0];
      const action = kind.actions[number % kind.actions.length] ?? "";
      const created_at = addMs(NOW, -age * DAY_MS - number * 1_000);
      const by = people[(number * 7 + place) % people.length] ?? "";
      // A record of its own per line, but for holds: the same hold changes again and again.
      const id = kind.entity === "escrow_hold" ? "eh_same" : `${place}-${number}`;
      const changed_by_type = by === "scheduler" ? "system" : "user";
      lines.push(content(kind.entity, id, 1, { action, created_at, changed_by: by, changed_by_type }));
    }
  }
  lines.sort((a, b) => (a.created_at < b.created_at ? -1 : 1));
  let version = 0;
  return lines.map((line) => {
    if (line.entity_id !== "eh_same") return line;
    version += 1;
    return content(line.entity_type, line.entity_id, version, {
      action: line.action,
      created_at: line.created_at,
      changed_by: line.changed_by,
      changed_by_type: line.changed_by_type,
    });
  });
}

beforeAll(async () => {
  dynamo = await startDynamo();
  const { table, auditTable } = await dynamo.createTables();
  trail = createAuditTrail(dynamo.client, auditTable);
  await trail.write(history());
  const flagged = content("transfer", "0-1", 1, { action: "out_of_band_change", changed_by: "unknown" });
  const metadata = { ...flagged.metadata, problem: "removed" as const, stream_sequence_number: "77" };
  await trail.write([{ ...flagged, id: `${flagged.id}~77`, metadata: { ...metadata, event_id: `${flagged.id}~77` } }]);
  const audit = createAuditReader({ client: dynamo.client, tableName: auditTable, ...retry });
  const store = createStore({ client: dynamo.client, tableName: table, ...retry });
  log = createAuditLog({ store, audit });
});
afterAll(() => dynamo.stop());

interface Walk {
  readonly lines: AuditLine[];
  readonly reads: number[];
}

async function walk(filters: AuditFilters, ascending: boolean, limit: number): Promise<Walk> {
  const lines: AuditLine[] = [];
  const reads: number[] = [];
  let position: string | undefined;
  for (let pages = 0; pages < 400; pages += 1) {
    const page = await log.readPage({ organizationId: ORG, filters, ascending, limit, position, now: NOW });
    if (page === null) throw new Error(`${position} is no position`);
    expect(page.lines.length).toBeLessThanOrEqual(limit);
    lines.push(...page.lines);
    reads.push(page.read);
    position = page.next;
    if (position === undefined) return { lines, reads };
  }
  throw new Error("the list has no end");
}

function expected(keep: (line: AuditLine) => boolean, ascending: boolean): string[] {
  const place = (line: AuditLine) => String(auditItem(line).daySk);
  const sorted = trail.lines.filter(keep).sort((a, b) => (place(a) < place(b) ? -1 : 1));
  return (ascending ? sorted : sorted.toReversed()).map(({ id }) => id);
}

type Case = readonly [string, AuditFilters, (line: AuditLine) => boolean, number];
const within = (from: string, to: string) => (line: AuditLine) => line.created_at >= from && line.created_at < to;
const [longAgo, lately] = [addMs(NOW, -80 * DAY_MS), addMs(NOW, -1.2 * DAY_MS)];

const everything = () => true;

const single: readonly Case[] = [
  ["nothing", {}, everything, 1],
  ["dates", { from: longAgo, to: lately }, within(longAgo, lately), 1],
  ["a person", { changedBy: "bob" }, (line) => line.changed_by === "bob", 1],
  ["an action", { action: ["transfer.created"] }, (line) => line.action === "transfer.created", 1],
  [
    "several actions",
    { action: ["transfer.created", "transfer.completed", "journal_entry.posted"] },
    ({ action }) => ["transfer.created", "transfer.completed", "journal_entry.posted"].includes(action),
    3,
  ],
  ["a kind of record", { entityType: "transfer" }, (line) => line.entity_type === "transfer", 13],
  [
    "a person and dates",
    { changedBy: "ada", from: longAgo },
    (line) => line.changed_by === "ada" && line.created_at >= longAgo,
    1,
  ],
];

describe.each([true, false])("lines in the order of time (ascending: %s)", (ascending) => {
  test.each(single)(
    "by %s: each once, and a page reads its limit and a tenth at the most",
    async (_, filters, keep, partitions) => {
      for (const limit of keep === everything ? [30] : [10, 75]) {
        const { lines, reads } = await walk(filters, ascending, limit);
        expect(lines.map(({ id }) => id)).toEqual(expected(keep, ascending));
        for (const read of reads)
          expect(read).toBeLessThanOrEqual(Math.max(limit + Math.floor(limit / 10), partitions));
      }
    },
  );

  test.each<Case>([
    [
      "person and action",
      { changedBy: "bob", action: ["transfer.created"] },
      (line) => line.changed_by === "bob" && line.action === "transfer.created",
      1,
    ],
    [
      "person and kind, within dates",
      { changedBy: "ada", entityType: "transfer", from: longAgo, to: lately },
      (line) => line.changed_by === "ada" && line.entity_type === "transfer" && within(longAgo, lately)(line),
      1,
    ],
    [
      "people's hands and an action",
      { changedByType: ["user"], action: ["escrow_hold.released"] },
      (line) => line.changed_by_type === "user" && line.action === "escrow_hold.released",
      1,
    ],
    ["people's hands alone", { changedByType: ["user"] }, (line) => line.changed_by_type === "user", 1],
    ["what never was", { changedBy: "bob", action: ["payout.paid"] }, () => false, 1],
  ])("by %s", async (_, filters, keep) => {
    const { lines } = await walk(filters, ascending, 10);
    expect(lines.map(({ id }) => id)).toEqual(expected(keep, ascending));
  });

  test("of one record: in the order of its versions, whatever else is asked for", async () => {
    const filters = { entityType: "escrow_hold", entityId: "eh_same" } as const;
    const own = trail.lines.filter(({ entity_id }) => entity_id === "eh_same");
    const { lines } = await walk(filters, ascending, 10);
    const versions = own.map(({ metadata }) => metadata.version);
    expect(lines.map(({ metadata }) => metadata.version)).toEqual(ascending ? versions : versions.toReversed());
    const bobs = await walk({ ...filters, changedBy: "bob", from: longAgo }, ascending, 10);
    expect(bobs.lines.length).toBe(
      own.filter((line) => line.changed_by === "bob" && line.created_at >= longAgo).length,
    );
  });
});

test("a page looks at 40 days at the most and goes on from there, also when it is empty", async () => {
  const query = { organizationId: "somebody-else", filters: {}, ascending: false, limit: 25, now: NOW };
  const first = await log.readPage(query);
  expect(first).toMatchObject({ lines: [], read: 0 });
  let position = first?.next;
  let pages = 1;
  for (; position !== undefined; pages += 1) position = (await log.readPage({ ...query, position }))?.next;
  expect(pages).toBe(Math.ceil(366 / 40));
});

test.each(Array.from({ length: 10 }, (_, days) => addMs(NOW, -days * DAY_MS)))(
  "a page may end on any day of a month: from %s on",
  async (now) => {
    const query = { organizationId: "somebody-else", filters: {}, ascending: false, limit: 25, now };
    const first = await log.readPage(query);
    expect(await log.readPage({ ...query, position: first?.next })).toMatchObject({ lines: [], read: 0 });
  },
);

test.each([
  [{}, "nonsense"],
  [{}, "2026-02-31T00:00:00.000Z#x"],
  [{ entityType: "escrow_hold", entityId: "eh_same" }, "2026-11-21"],
] as const)("a made-up position is none: %j %s", async (filters, position) => {
  const query = { organizationId: ORG, filters, ascending: true, limit: 25, now: NOW, position };
  expect(await log.readPage(query)).toBeNull();
});

test("a position before the stretch or a stretch without an instant gives nothing", async () => {
  const query = { organizationId: ORG, ascending: false, limit: 25, now: NOW };
  expect(await log.readPage({ ...query, filters: { from: NOW }, position: "2001-01-01" })).toEqual({
    lines: [],
    read: 0,
  });
  expect(await log.readPage({ ...query, filters: { changedBy: "ada", from: NOW, to: longAgo } })).toEqual({
    lines: [],
    read: 0,
  });
});

describe("an export", () => {
  async function exported(filters: AuditFilters): Promise<AuditLine[]> {
    const lines: AuditLine[] = [];
    let position: string | undefined;
    do {
      const page = await readExport(log, { organizationId: ORG, filters, position, now: NOW });
      if (page === null) throw new Error("no position");
      lines.push(...page.lines);
      position = page.next;
    } while (position !== undefined);
    return lines;
  }
  const verdictOn = (lines: readonly AuditLine[]) => verifyAudit(lines.map((line) => JSON.stringify(line)).join("\n"));

  test("of everything holds every line once and can be verified", async () => {
    const lines = await exported({});
    expect(lines.length).toBe(trail.lines.length);
    expect(verdictOn(lines)).toMatchObject({ ok: true, flagged: 1, lines: trail.lines.length });
  });

  test("of one record can be verified; the lines are the very ones that were written", async () => {
    const lines = await exported({ entityType: "escrow_hold", entityId: "eh_same" });
    expect(lines).toEqual(trail.lines.filter(({ entity_id }) => entity_id === "eh_same"));
    expect(verdictOn(lines).ok).toBe(true);
  });

  test("puts a record's lines in order that were dated by clocks that disagree, and keeps one instant together", async () => {
    const { auditTable, table } = await dynamo.createTables();
    const own = createAuditTrail(dynamo.client, auditTable);
    const at = (second: number) => `2026-11-20T00:00:${String(second).padStart(2, "0")}.000Z`;
    const many = Array.from({ length: 12 }, (_, index) => content("payee", "p", index + 1, { created_at: at(5) }));
    await own.write([...many, content("payee", "p", 13, { created_at: at(1) })]);
    const audit = createAuditReader({ client: dynamo.client, tableName: auditTable, ...retry });
    const store = createStore({ client: dynamo.client, tableName: table, ...retry });
    const place = { organizationId: ORG, filters: { from: at(0) }, now: NOW };
    const page = await readExport(createAuditLog({ store, audit }), place);
    expect(page?.lines.map(({ metadata }) => metadata.version)).toEqual(own.lines.map((_, index) => index + 1));
  });

  test("stops before it is too large for an answer and goes on where it stopped", async () => {
    const { auditTable, table } = await dynamo.createTables();
    const own = createAuditTrail(dynamo.client, auditTable);
    const big = { text: "x".repeat(300_000) };
    const at = (second: number) => `2026-11-20T00:00:${String(second).padStart(2, "0")}.000Z`;
    await own.write(
      Array.from({ length: 20 }, (_, index) =>
        content("payee", `p${index}`, 1, { created_at: at(Math.floor(index / 2)), after_state: big }),
      ),
    );
    const audit = createAuditReader({ client: dynamo.client, tableName: auditTable, ...retry });
    const ownLog = createAuditLog({
      store: createStore({ client: dynamo.client, tableName: table, ...retry }),
      audit,
    });
    const place = { organizationId: ORG, filters: { from: at(0) }, now: NOW };
    const first = await readExport(ownLog, place);
    const rest = await readExport(ownLog, { ...place, position: first?.next });
    expect(first?.lines.length).toBe(12);
    const ids = [...(first?.lines ?? []), ...(rest?.lines ?? [])].map((line) => auditKey(line).pk);
    expect(ids.sort()).toEqual(own.lines.map((line) => auditKey(line).pk).sort());
  });
});
