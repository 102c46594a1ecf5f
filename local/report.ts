/** What a run came to, read from outside: the tables, the audit export and the simulated provider's own books. */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, paginateScan } from "@aws-sdk/lib-dynamodb";
import { verifyAudit } from "../shared/audit/verify.ts";
import { sumsToZero } from "../shared/domain/journal.ts";
import type { Posting } from "../shared/domain/model.ts";
import { control, type Endpoints } from "./client.ts";

export const LOCAL_BUS = "payouts-local";
export const LOCAL_TABLE = "payouts-local";

/** Anybody's keys: the local cloud takes unknown ones for the account's administrator. */
export const localAws = (endpoints: Endpoints) => ({
  endpoint: endpoints.aws,
  region: "us-east-1",
  credentials: { accessKeyId: "LOCALADMIN", secretAccessKey: "local" },
});

export type Document = Readonly<Record<string, unknown>>;

interface BookedTransfer {
  readonly id: string;
  readonly amount: number;
  readonly transferGroup: string | null;
}

export interface RunReport {
  readonly payouts: number;
  readonly schedules: number;
  readonly holds: number;
  readonly holdsReleased: number;
  readonly transfersCompleted: number;
  /** Transfers in the provider's books beyond one for each of ours. */
  readonly duplicateTransfers: number;
  readonly auditEntries: number;
  readonly auditVerified: boolean;
  readonly journalBalanced: boolean;
  readonly maxLatenessSeconds: number;
}

/** All items of the main table. Reads everything, which only a local tool may do. */
export async function readTable(endpoints: Endpoints): Promise<Document[]> {
  const base = new DynamoDBClient(localAws(endpoints));
  const client = DynamoDBDocumentClient.from(base);
  const items: Document[] = [];
  for await (const page of paginateScan({ client }, { TableName: LOCAL_TABLE })) items.push(...(page.Items ?? []));
  base.destroy();
  return items;
}

export async function readBooks(endpoints: Endpoints): Promise<BookedTransfer[]> {
  return (await control<{ transfers: BookedTransfer[] }>(endpoints.stripe, "/_control/books")).transfers;
}

export async function readAudit(endpoints: Endpoints): Promise<string> {
  return (await fetch(`${endpoints.local}/audit/export`)).text();
}

const ACCOUNT_FIELDS: Readonly<Record<string, string>> = {
  expense: "expenseMinor",
  payable: "payableMinor",
  held: "heldMinor",
  cash: "cashMinor",
  receivable: "receivableMinor",
};

/** True when each entry sums to zero and every balance is the sum of its payee's postings. */
export function journalBalances(items: readonly Document[]): boolean {
  const sums = new Map<string, number>();
  for (const item of items) {
    if (item.entity !== "journal_entry") continue;
    const postings = item.postings as Posting[];
    if (!sumsToZero({ postings })) return false;
    for (const { account, amountMinor } of postings) {
      const key = `${item.organizationId}/${item.payeeId}/${item.currency}/${ACCOUNT_FIELDS[account]}`;
      sums.set(key, (sums.get(key) ?? 0) + amountMinor);
    }
  }
  for (const item of items) {
    if (item.entity !== "balance") continue;
    for (const field of Object.values(ACCOUNT_FIELDS)) {
      const key = `${item.organizationId}/${item.payeeId}/${item.currency}/${field}`;
      if (Number(item[field] ?? 0) !== (sums.get(key) ?? 0)) return false;
      sums.delete(key);
    }
  }
  return [...sums.values()].every((sum) => sum === 0);
}

/** The figures of one organization's run. */
export async function reportOf(
  endpoints: Endpoints,
  organizationId: string,
): Promise<RunReport & { items: Document[] }> {
  const items = (await readTable(endpoints)).filter((item) => item.organizationId === organizationId);
  const of = (entity: string) => items.filter((item) => item.entity === entity);
  const audit = verifyAudit(await readAudit(endpoints));
  const mine = new Set(of("transfer").map(({ id }) => id));
  const booked = (await readBooks(endpoints)).filter(({ transferGroup }) => mine.has(transferGroup));
  const lateness = [...of("escrow_hold"), ...of("payout_schedule")].map(
    ({ firing }) => (firing as { latenessSeconds: number } | undefined)?.latenessSeconds ?? 0,
  );
  return {
    payouts: of("payout").length,
    schedules: of("payout_schedule").length,
    holds: of("escrow_hold").length,
    holdsReleased: of("escrow_hold").filter(({ status }) => status === "released").length,
    transfersCompleted: of("transfer").filter(({ status }) => status === "completed").length,
    duplicateTransfers: booked.length - new Set(booked.map(({ transferGroup }) => transferGroup)).size,
    auditEntries: audit.lines,
    auditVerified: audit.ok,
    journalBalanced: journalBalances(items),
    maxLatenessSeconds: Math.max(0, ...lateness),
    items,
  };
}
