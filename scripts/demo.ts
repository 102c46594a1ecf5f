/**
 * One placement's life, from the event to the money, on the local cloud: `npm run demo`, `-- --json` for one JSON object
 * as the last line. Uses a running local cloud (`npm start`), otherwise starts one of its own for the occasion.
 */

import { parseArgs } from "node:util";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import {
  clockNow,
  control,
  type Endpoints,
  isAlive,
  moveClock,
  ownCloud,
  readEndpoints,
  settled,
} from "../local/client.ts";
import { type Document, LOCAL_BUS, localAws, readAudit, reportOf } from "../local/report.ts";
import { endOfDays } from "../shared/domain/dates.ts";
import { formatMoney } from "../shared/domain/money.ts";

const MINUTE_MS = 60_000;
const GUARANTEE_DAYS = 90;

const { values: options } = parseArgs({ options: { json: { type: "boolean", default: false } } });
const say = (line = "") => {
  if (!options.json) console.log(line);
};

interface Person {
  readonly id: string;
  readonly name: string;
  readonly story: string;
}

/** The accounts are the run's own, so that a fault meant for one doesn't meet somebody else's. */
function cast(run: string): readonly (Person & { account: string })[] {
  const people: Person[] = [
    { id: "amara", name: "Amara Osei", story: "is paid at once" },
    {
      id: "bruno",
      name: "Bruno Keller",
      story: "is paid after retries: the provider answers with an HTML 502, then throttles",
    },
    { id: "chiara", name: "Chiara Ricci", story: "waits for funds: the platform's balance is short at first" },
  ];
  return people.map((person) => ({ ...person, account: `acct_${person.id}${run}` }));
}

async function play(endpoints: Endpoints): Promise<Record<string, unknown>> {
  const startedAt = await clockNow(endpoints);
  const run = startedAt.toString(36);
  const organizationId = `demo-${run}`;
  const people = cast(run);
  const bus = new EventBridgeClient(localAws(endpoints));
  const publish = async (source: string, detailType: string, detail: Document) => {
    const answer = await bus.send(
      new PutEventsCommand({
        Entries: [{ EventBusName: LOCAL_BUS, Source: source, DetailType: detailType, Detail: JSON.stringify(detail) }],
      }),
    );
    if (answer.FailedEntryCount !== 0)
      throw new Error(`the bus refused ${detailType}: ${JSON.stringify(answer.Entries)}`);
  };

  say("The cast");
  for (const { name, story, account } of people) say(`  ${name.padEnd(13)} ${account.padEnd(22)} ${story}`);
  say();

  const [, bruno, chiara] = people;
  await control(endpoints.stripe, "/_control/faults", {
    match: { destination: bruno?.account },
    fault: "html_502_before",
    count: 1,
  });
  await control(endpoints.stripe, "/_control/faults", {
    match: { destination: bruno?.account },
    fault: "429",
    count: 1,
  });
  await control(endpoints.stripe, "/_control/faults", {
    match: { destination: chiara?.account },
    fault: "insufficient_funds",
    count: 1,
  });

  const startDate = new Date(startedAt).toISOString().slice(0, 10);
  const occurredAt = new Date(startedAt).toISOString();
  for (const { id, name, account } of people) {
    await publish("partners", "payee.upserted", {
      organization_id: organizationId,
      payee_id: id,
      name,
      default_currency: "USD",
      verified: true,
      destinations: [{ provider: "stripe", account }],
    });
  }
  await settled(endpoints);
  for (const [index, { id }] of people.entries()) {
    const activated = {
      organization_id: organizationId,
      placement_id: `pl-${index + 1}`,
      company_id: "initech",
      currency: "USD",
      fee_amount: 1_250_000 + index * 100_000,
      start_date: startDate,
      guarantee_days: GUARANTEE_DAYS,
      payees: [{ payee_id: id, share_bp: 10_000 }],
      policy: { holdback_bp: 2_000, trigger_event: index === 0 ? "contract_signed" : "guarantee_period_end" },
      occurred_at: occurredAt,
    };
    // Other systems repeat themselves: each event comes twice and counts once.
    await publish("placements", "placement.activated", activated);
    await publish("placements", "placement.activated", activated);
  }
  await publish("placements", "placement.contract_signed", {
    organization_id: organizationId,
    placement_id: "pl-1",
    occurred_at: occurredAt,
  });
  await settled(endpoints);
  const guaranteeEnd = Date.parse(endOfDays({ startDate, days: GUARANTEE_DAYS, timeZone: "UTC" }));
  say(`Moving the clock over the guarantee period of ${GUARANTEE_DAYS} days …`);
  await moveClock(endpoints, guaranteeEnd + 20 * MINUTE_MS);
  await settled(endpoints);
  say("Topping up the platform's balance: what waited for funds goes on by itself …");
  await control(endpoints.stripe, "/_control/balance", { currency: "usd", topUp: 5_000_000 });
  await settled(endpoints);
  await moveClock(endpoints, guaranteeEnd + 30 * MINUTE_MS);
  await settled(endpoints);

  const { items, ...report } = await reportOf(endpoints, organizationId);
  await timeline(endpoints, organizationId, people);
  verdict(report, items);
  bus.destroy();
  return report;
}

const SHOWN = new Set(["payout", "payout_schedule", "escrow_hold", "transfer"]);

function describe(line: Document): string {
  const after = (line.after_state ?? {}) as Document;
  const firing = after.firing as { path: string; latenessSeconds: number } | undefined;
  const outcome = after.outcome as { code: string } | undefined;
  const released = line.entity_type === "escrow_hold" && line.action === "escrow_hold.released";
  const triggered = line.action === "payout_schedule.triggered";
  const parts = [
    typeof after.amountMinor === "number" ? formatMoney(after.amountMinor, String(after.currency)) : "",
    String(line.new_status ?? ""),
    firing !== undefined && (released || triggered) ? `by ${firing.path}, ${firing.latenessSeconds} s late` : "",
    line.entity_type === "transfer" && outcome !== undefined ? `provider: ${outcome.code}` : "",
  ];
  return parts.filter((part) => part !== "").join(" · ");
}

/** The audit log is the timeline: nothing is shown that isn't on record. */
async function timeline(endpoints: Endpoints, organizationId: string, people: readonly Person[]): Promise<void> {
  const lines = (await readAudit(endpoints))
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => JSON.parse(text) as Document)
    .filter((line) => line.organization_id === organizationId && SHOWN.has(String(line.entity_type)));
  const payees = new Map(
    lines
      .filter((line) => line.entity_type === "payout")
      .map((line) => [line.entity_id, String(((line.after_state ?? {}) as Document).payeeId)]),
  );
  for (const person of people) {
    say();
    say(`${person.name} ${person.story}`);
    const own = lines.filter((line) => payees.get(line.payout_id ?? line.entity_id) === person.id);
    own.sort((a, b) => String(a.created_at).localeCompare(String(b.created_at)));
    for (const line of own) {
      const at = String(line.created_at).replace("T", " ").slice(0, 19);
      say(`  ${at}  ${String(line.action).padEnd(28)} ${describe(line)}`);
    }
  }
}

function verdict(report: Omit<Awaited<ReturnType<typeof reportOf>>, "items">, items: readonly Document[]): void {
  say();
  say(
    `Payouts ${report.payouts}, schedules ${report.schedules}, holds ${report.holds} (${report.holdsReleased} released)`,
  );
  say(`Transfers completed ${report.transfersCompleted}, duplicates at the provider ${report.duplicateTransfers}`);
  say(`Audit: ${report.auditEntries} entries, chain ${report.auditVerified ? "verified" : "BROKEN"}`);
  const entries = items.filter(({ entity }) => entity === "journal_entry").length;
  say(`Journal: ${entries} entries, ${report.journalBalanced ? "balanced" : "NOT BALANCED"}`);
  say(`Latest release: ${report.maxLatenessSeconds} s after its instant`);
}

const running = readEndpoints(".local");
if (running !== undefined && (await isAlive(running))) {
  const report = await play(running);
  if (options.json) console.log(JSON.stringify(report));
} else {
  say("No local cloud is running: starting one for this demo (npm start keeps one).");
  const cloud = await ownCloud();
  try {
    const report = await play(cloud.endpoints());
    if (options.json) console.log(JSON.stringify(report));
  } finally {
    await cloud.stop();
  }
}
