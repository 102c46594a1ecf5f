import { describe, expect, test } from "vitest";
import { verifyRecord } from "../../../../console/src/features/audit-log/verify-record.ts";
import { type AuditLine, NO_HASH } from "../../../../shared/audit/chain.ts";
import { describeBadLine } from "../../../../shared/audit/chain-rules.ts";
import { auditContent } from "../../../../shared/audit/entry.ts";
import { chained } from "../../../../shared/audit/hash.ts";
import { verifyAudit } from "../../../../shared/audit/verify.ts";
import { readChange } from "../../../../shared/events/stream-change.ts";
import { changed, itemOf, minimal, next, streamRecord } from "../../../shared/events/records.ts";

/** A record's lines; a payout's has a flagged one after its third version. */
function chainOf(entity: "payout" | "payee", length: number): AuditLine[] {
  const lines: AuditLine[] = [];
  const add = (record: Parameters<typeof readChange>[0]) =>
    lines.push(chained(auditContent(readChange(record)), lines.at(-1)?.hash ?? NO_HASH));
  let record = minimal[entity];
  add(changed(entity, undefined, record as never));
  for (let version = 2; version <= length; version += 1) {
    const after = next(entity, record, {});
    add(changed(entity, record as never, after as never));
    record = after;
    const item = itemOf(entity, record as never);
    if (entity === "payout" && version === 3) add(streamRecord({ before: item, after: { ...item, notes: "x" } }));
  }
  return lines;
}

const lines = chainOf("payout", 6);
const { organization_id, entity_type, entity_id } = lines[0] ?? {};
const record = {
  organization_id: organization_id ?? "",
  entity_type: entity_type ?? "",
  entity_id: entity_id ?? "",
};

/** As the API gives them: through JSON, so many a page. */
function pagesOf(given: readonly unknown[], size = 3) {
  const wire: unknown[] = JSON.parse(JSON.stringify(given));
  return async (cursor: string | undefined) => {
    const from = Number(cursor ?? 0);
    const end = from + size;
    return {
      data: wire.slice(from, end),
      pagination: { next_cursor: end < wire.length ? String(end) : null },
    };
  };
}

const verify = (given: readonly unknown[], size?: number) => verifyRecord({ record, fetchPage: pagesOf(given, size) });

test("an intact chain is intact, whatever its pages; its ends are named and its flagged line is counted", async () => {
  for (const size of [1, 3, 100]) {
    expect(await verify(lines, size)).toEqual({
      ok: true,
      lines: 7,
      entities: 1,
      flagged: 1,
      whole: true,
      first: { at: lines[0]?.created_at, hash: lines[0]?.hash },
      head: { at: lines[6]?.created_at, hash: lines[6]?.hash },
    });
  }
});

const tampered = lines.map((line, index) => (index === 2 ? { ...line, changed_by: "somebody" } : line));
const deep = lines.map((line, index) =>
  index === 1 ? { ...line, after_state: { ...line.after_state, amountMinor: 1 } } : line,
);
const swapped = [...lines.slice(0, 4), ...lines.slice(5, 6), ...lines.slice(4, 5), ...lines.slice(6)];

describe("the first bad line is named, in the offline verifier's words:", () => {
  test.each<[string, readonly object[], string]>([
    [
      "a changed field",
      tampered,
      `3 (payout ${entity_id}, version 3): the hash does not match the line: it was changed`,
    ],
    ["a changed amount", deep, `2 (payout ${entity_id}, version 2): the hash does not match the line: it was changed`],
    [
      "a line removed",
      lines.toSpliced(1, 1),
      `2 (payout ${entity_id}, version 3): version 2 is missing before this line`,
    ],
    [
      "the beginning removed",
      lines.slice(4),
      `1 (payout ${entity_id}, version 4): version 1 is missing before this line`,
    ],
    [
      "a flagged line removed",
      lines.toSpliced(3, 1),
      `4 (payout ${entity_id}, version 4): the line does not follow the one before it: lines between them are missing or were replaced`,
    ],
    ["two lines exchanged", swapped, `5 (payout ${entity_id}, version 5): version 4 is missing before this line`],
    [
      "a line twice",
      [...lines.slice(0, 2), ...lines.slice(1)],
      `3 (payout ${entity_id}, version 2): the line is there twice`,
    ],
    ["something else", [...lines.slice(0, 2), { a: 1 }, ...lines.slice(2)], "3: not an audit line"],
  ])("%s", async (_, given, said) => {
    const verdict = await verify(given);
    expect(verdict.ok).toBe(false);
    expect(verdict.firstBad && describeBadLine(verdict.firstBad)).toBe(`first bad line: ${said}`);
    expect(verdict.firstBad).toEqual(verifyAudit(given.map((line) => JSON.stringify(line)).join("\n")).firstBad);
  });
});

test("another record's line is none of this record's, intact as it may be", async () => {
  const [other] = chainOf("payee", 1);
  const verdict = await verify([...lines, other]);
  expect(verdict.firstBad).toMatchObject({ line: 8, entity: "payee", problem: "the line belongs to another record" });
  const elsewhere = await verifyRecord({
    record: { ...record, organization_id: "somebody-else" },
    fetchPage: pagesOf(lines),
  });
  expect(elsewhere.firstBad).toMatchObject({ line: 1, problem: "the line belongs to another record" });
});

test("a chain too long for here is judged as far as it was looked at, and says so", async () => {
  const seen: number[] = [];
  const verdict = await verifyRecord({
    record,
    fetchPage: pagesOf(lines, 2),
    onProgress: (count) => seen.push(count),
    maximumPages: 2,
  });
  expect(verdict).toMatchObject({ ok: true, lines: 4, whole: false, head: { hash: lines[3]?.hash } });
  expect(seen).toEqual([2, 4]);
});
