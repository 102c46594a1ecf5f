import type { AuditLine } from "../audit/chain.ts";
import { auditPk } from "../audit/items.ts";
import type { AuditReader } from "../audit/reader.ts";
import { childId, familyOf, MAX_CHILDREN } from "../domain/ids.ts";
import type { Payout } from "../domain/model.ts";
import type { Family } from "../domain/payout.ts";

/** More lines about one payout than this are not read at once. */
export const MAX_FAMILY_LINES = 1_000;
const MAX_RECORDS_AT_ONCE = 16;

interface AuditedRecord {
  readonly entity: "payout" | "payout_schedule" | "escrow_hold" | "transfer" | "journal_entry";
  readonly id: string;
  readonly version: number;
}

/** A payout and its parts, in the order in which they were created. */
export function partsOf({ payout, schedules, holds, transfers }: Family): AuditedRecord[] {
  const told = <E extends AuditedRecord["entity"]>(entity: E, records: Family[keyof Family]) =>
    [records].flat().map(({ id, version }) => ({ entity, id, version }));
  const children = [
    ...told("payout_schedule", schedules),
    ...told("escrow_hold", holds),
    ...told("transfer", transfers),
  ];
  // The ordinal is at the end of the id.
  children.sort((a, b) => (a.id.slice(3) < b.id.slice(3) ? -1 : 1));
  return [...told("payout", payout), ...children];
}

/** The payout's postings: they have the ordinals that no other child has. */
export function postingsOf(payout: Payout, parts: readonly AuditedRecord[]): AuditedRecord[] {
  const family = familyOf(payout.id);
  const taken = new Set(parts.map(({ id }) => id.slice(3)));
  return Array.from({ length: Math.min(payout.children, MAX_CHILDREN) }, (_, index) => childId("je", family, index + 1))
    .filter((id) => !taken.has(id.slice(3)))
    .map((id) => ({ entity: "journal_entry", id, version: 1 }));
}

export interface FamilyLines {
  /** Oldest first; a record's lines in the order of its versions. */
  readonly lines: readonly AuditLine[];
  /** There are more: about later records, or later lines of a record. */
  readonly truncated: boolean;
}

/** The lines of these records, up to 1,000. A record's version says how many lines it has, flagged ones not counted. */
export async function readLinesOf(
  reader: AuditReader,
  organizationId: string,
  records: readonly AuditedRecord[],
): Promise<FamilyLines> {
  let room = MAX_FAMILY_LINES;
  const chosen: (AuditedRecord & { readonly limit: number })[] = [];
  for (const record of records) {
    if (room <= 0) break;
    chosen.push({ ...record, limit: room });
    room -= record.version;
  }
  const queue = chosen.values();
  const dated: DatedLine[] = [];
  let truncated = chosen.length < records.length;
  const worker = async () => {
    for (const { entity, id, limit } of queue) {
      const page = await reader.chain(auditPk(organizationId, entity, id), { limit });
      dated.push(...datedLines(page.lines));
      truncated ||= page.next !== undefined;
    }
  };
  await Promise.all(Array.from({ length: MAX_RECORDS_AT_ONCE }, worker));
  const lines = dated.sort(byDate).map(({ line }) => line);
  return { lines: lines.slice(0, MAX_FAMILY_LINES), truncated: truncated || lines.length > MAX_FAMILY_LINES };
}

interface DatedLine {
  readonly line: AuditLine;
  readonly at: string;
  /** Where the line stands in its record's chain. */
  readonly place: number;
}

/** One record's lines, none of them dated before the one before it, whatever the clocks of those who acted said. */
function datedLines(lines: readonly AuditLine[]): DatedLine[] {
  let latest = "";
  return lines.map((line, place) => {
    if (line.created_at > latest) latest = line.created_at;
    return { line, at: latest, place };
  });
}

/** Oldest first; what was done in one commit in the order of the ids' ordinals: the payout, then its parts. */
function byDate(a: DatedLine, b: DatedLine): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  const [first, second] = [a.line.entity_id.slice(3), b.line.entity_id.slice(3)];
  return first === second ? a.place - b.place : first < second ? -1 : 1;
}
