/** One tenant of a test cloud: what other systems say about it, and what has become of it. */
import { expect } from "vitest";
import type { Document } from "../../local/report.ts";
import { LOCAL_TABLE } from "../../local/report.ts";
import type { AuditLine } from "../../shared/audit/chain.ts";
import { verifyAudit } from "../../shared/audit/verify.ts";
import { recountActions } from "../../shared/counters/actions.ts";
import { readActions, readCounters, readLineCounts } from "../../shared/counters/counter.ts";
import { recount, recountLines } from "../../shared/counters/tally.ts";
import { auditedEntities, relayedEntities } from "../../shared/domain/entities.ts";
import type { EntityName, RecordTypes } from "../../shared/domain/model.ts";
import type { CommandAnswer, TestCloud } from "./cloud.ts";
import { type Book, checkInvariants } from "./invariants.ts";

export const PLACEMENT = "placement-1";
export const PAYEE = "payee-1";

const audited: ReadonlySet<unknown> = new Set(auditedEntities);
const relayed: ReadonlySet<unknown> = new Set(relayedEntities);

export interface InvariantOptions {
  /** Lines that tell of changes behind the commands' back. */
  readonly flagged?: number;
  /** Of all organizations, read once for many of them. */
  readonly everything?: { readonly items: readonly Document[]; readonly audit: readonly AuditLine[] };
}

export class Organization {
  readonly id: string;
  readonly #cloud: TestCloud;

  constructor(cloud: TestCloud, id: string) {
    this.#cloud = cloud;
    this.id = id;
  }

  /** The payee's account unless told: its own in this organization, since accounts belong to one payee. */
  account(payeeId = PAYEE): string {
    return `acct_${payeeId.replaceAll("-", "")}${this.id}`;
  }

  payeeUpserted({
    payeeId = PAYEE,
    account = this.account(payeeId),
    ...more
  }: Document & { payeeId?: string; account?: string | null } = {}) {
    return {
      Source: "partners",
      DetailType: "payee.upserted",
      Detail: JSON.stringify({
        organization_id: this.id,
        payee_id: payeeId,
        name: `Payee ${payeeId}`,
        default_currency: "USD",
        verified: true,
        destinations: account === null ? [] : [{ provider: "stripe", account }],
        ...more,
      }),
    };
  }

  /** 1,000.00 USD for one payee, a fifth of it held back for 90 days from today, the rest due then too. */
  activated(more: Document = {}) {
    const now = new Date(this.#cloud.now()).toISOString();
    return {
      Source: "placements",
      DetailType: "placement.activated",
      Detail: JSON.stringify({
        organization_id: this.id,
        placement_id: PLACEMENT,
        company_id: "company-1",
        currency: "USD",
        fee_amount: 100_000,
        start_date: now.slice(0, 10),
        payees: [{ payee_id: PAYEE, share_bp: 10_000 }],
        occurred_at: now,
        ...more,
      }),
    };
  }

  placementSaid(what: "contract_signed" | "milestone_reached" | "cancelled" | "guarantee_failed", more: Document = {}) {
    return {
      Source: "placements",
      DetailType: `placement.${what}`,
      Detail: JSON.stringify({
        organization_id: this.id,
        placement_id: PLACEMENT,
        occurred_at: new Date(this.#cloud.now()).toISOString(),
        ...more,
      }),
    };
  }

  /** The payee and then the placement, both taken in. */
  async start(more: Document = {}, payee: Parameters<Organization["payeeUpserted"]>[0] = {}): Promise<void> {
    await this.#cloud.publish(this.payeeUpserted(payee));
    await this.#cloud.settle();
    await this.#cloud.publish(this.activated(more));
    await this.#cloud.settle();
  }

  /** Everything due at once by a signed contract, nothing held: one transfer of the fee, as it comes out at once. */
  async send(feeMinor: number, payee: Parameters<Organization["payeeUpserted"]>[0] = {}): Promise<void> {
    await this.start({ fee_amount: feeMinor, policy: { holdback_bp: 0, trigger_event: "contract_signed" } }, payee);
    await this.#cloud.publish(this.placementSaid("contract_signed"));
    await this.#cloud.settle();
  }

  /** By somebody whose duty it is, unless told. */
  command(command: string, more: Document): Promise<CommandAnswer> {
    return this.#cloud.command({ command, organization_id: this.id, ...more });
  }

  /** Lets people act without a delay from then on; otherwise the first thing that they do prepares them. */
  prepare(...subjects: readonly string[]): Promise<void> {
    return this.#cloud.staff.prepare(this.id, ...subjects);
  }

  settings(patch: Document): Promise<void> {
    return this.#cloud.staff.settings(this.id, patch);
  }

  items(): Promise<Document[]> {
    return this.#cloud.items(this.id);
  }

  async all<E extends EntityName>(entity: E): Promise<RecordTypes[E][]> {
    const found = (await this.items()).filter((item) => item.entity === entity);
    return found.map((item) => item as unknown as RecordTypes[E]).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async only<E extends EntityName>(entity: E): Promise<RecordTypes[E]> {
    const [first, ...others] = await this.all(entity);
    if (first === undefined || others.length > 0) throw new Error(`${this.id} has not exactly one ${entity}`);
    return first;
  }

  audit(): Promise<AuditLine[]> {
    return this.#cloud.audit(this.id);
  }

  /** The actions on record about one kind of record, in the order in which they were done. */
  async story(entity: EntityName): Promise<string[]> {
    const lines = (await this.audit()).filter((line) => line.entity_type === entity);
    return lines.sort((a, b) => (a.created_at < b.created_at ? -1 : 1)).map(({ action }) => action);
  }

  books(): Book[] {
    const { transfers } = this.#cloud.local.stripe.control.books();
    return transfers
      .filter(({ metadata }) => metadata.organizationId === this.id)
      .map((booked) => ({
        transferId: String(booked.transferGroup),
        epoch: Number(booked.metadata.epoch),
        amountMinor: booked.amount,
        currency: booked.currency.toUpperCase(),
        destination: booked.destination,
        reversedMinor: booked.amountReversed,
      }));
  }

  /** The retry workflow's executions for this organization's transfers. */
  executions() {
    const { workflows, model } = this.#cloud.local;
    const arns = model.stateMachines.flatMap(({ arn }) => workflows.list?.(arn) ?? []);
    return arns
      .map(({ executionArn }) => workflows.describe(executionArn))
      .filter((execution) => execution !== undefined)
      .filter(({ input }) => (JSON.parse(input) as Document).organization_id === this.id);
  }

  /** The rules of money, holds, audit, events and counters, all at once. */
  async expectInvariants({ flagged = 0, everything }: InvariantOptions = {}): Promise<void> {
    await this.#cloud.settle();
    const own = everything?.items.filter(({ organizationId }) => organizationId === this.id);
    const items = own ?? (await this.items());
    const lines = everything?.audit.filter((line) => line.organization_id === this.id) ?? (await this.audit());
    const now = new Date(this.#cloud.now()).toISOString();
    expect(checkInvariants(items, this.books(), { now }), this.id).toEqual([]);
    await this.#expectCounters(items, lines);
    this.#expectAudit(items, lines, flagged);
    this.#expectEvents(items);
  }

  async #expectCounters(items: readonly Document[], lines: readonly AuditLine[]): Promise<void> {
    const { document } = this.#cloud;
    expect(await readCounters(document, LOCAL_TABLE, this.id), this.id).toEqual(recount(items));
    expect(await readLineCounts(document, LOCAL_TABLE, this.id), this.id).toEqual(recountLines(items));
    for (const [day, happened] of Object.entries(recountActions(lines))) {
      const place = { organizationId: this.id, day };
      expect(await readActions(document, LOCAL_TABLE, place), `${this.id} ${day}`).toEqual(happened);
    }
  }

  #expectAudit(items: readonly Document[], lines: readonly AuditLine[], flagged: number): void {
    const verdict = verifyAudit(lines.map((line) => JSON.stringify(line)).join("\n"));
    expect(verdict, this.id).toMatchObject({ ok: true, flagged });
    const told = Map.groupBy(
      lines.filter(({ metadata }) => metadata.problem === undefined),
      ({ entity_type, entity_id }) => `${entity_type} ${entity_id}`,
    );
    const versions = items
      .filter(({ entity }) => audited.has(entity))
      .map(({ entity, id, version }) => [`${entity} ${id}`, version]);
    expect(Object.fromEntries([...told].map(([record, own]) => [record, own.length]))).toEqual(
      Object.fromEntries(versions),
    );
  }

  #expectEvents(items: readonly Document[]): void {
    const published = new Set(this.#cloud.seen.map(({ detail }) => detail.event_id));
    const missing = items
      .filter(({ entity }) => relayed.has(entity))
      .flatMap(({ entity, id, version }) =>
        Array.from({ length: Number(version) }, (_, index) => `${this.id}/${entity}/${id}/${index + 1}`),
      )
      .filter((eventId) => !published.has(eventId));
    expect(missing).toEqual([]);
  }
}
