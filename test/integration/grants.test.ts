import Stripe from "stripe";
import { afterEach, expect, it, vi } from "vitest";
import type { Synthesize } from "../../local/cloud.ts";
import type { Document } from "../../local/report.ts";
import { createTestApi } from "../support/api.ts";
import {
  DAY_MS,
  editedApp,
  MINUTE_MS,
  nameOf,
  OPERATOR,
  startTestCloud,
  type TemplateResource,
  type TestCloud,
} from "../support/cloud.ts";
import { type Organization, PAYEE, PLACEMENT } from "../support/organization.ts";

vi.setConfig({ testTimeout: 60_000 });
let cloud: TestCloud | undefined;
afterEach(async () => {
  await cloud?.stop();
  cloud = undefined;
});

interface Statement {
  Action: string | string[];
}

/** The application's template with actions less in functions' roles. */
function without(...grants: readonly (readonly [functionName: string, action: string])[]): Synthesize {
  return editedApp((resources) => {
    for (const [functionName, action] of grants) removeFrom(resources, functionName, action);
  });
}

interface RoleUser {
  readonly FunctionName?: string;
  readonly Role?: { readonly "Fn::GetAtt": readonly string[] };
  readonly Roles?: readonly { readonly Ref: string }[];
  readonly PolicyDocument?: { readonly Statement: Statement[] };
}

function removeFrom(resources: readonly TemplateResource[], functionName: string, action: string): void {
  const users = resources.map(({ Properties = {} }) => Properties as RoleUser);
  const roleId = users.find(({ FunctionName }) => FunctionName === nameOf(functionName))?.Role?.["Fn::GetAtt"][0];
  // The other stack's template has no functions.
  if (roleId === undefined) return;
  const statements = users
    .filter(({ Roles }) => Roles?.some(({ Ref }) => Ref === roleId))
    .flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? [])
    .filter(({ Action }) => [Action].flat().includes(action));
  if (statements.length === 0) throw new Error(`${functionName} has no grant of ${action}`);
  for (const statement of statements) {
    const rest = [statement.Action].flat().filter((one) => one !== action);
    // A statement has at least one action; this one allows nothing that is there.
    statement.Action = rest.length === 0 ? "none:Nothing" : rest;
  }
}

const causeOf = ({ responsePayload }: Document) => String((responsePayload as Document | undefined)?.errorMessage);

async function expectDenied(from: TestCloud, name: string, action: string, resource: string): Promise<void> {
  const failures = await from.queued(`${name}-failures`);
  expect(failures.length).toBeGreaterThan(0);
  for (const failure of failures) {
    expect(causeOf(failure)).toMatch(new RegExp(`not authorized to perform: ${action} on resource: ${resource}`));
  }
}

it("intake-events without dynamodb:PutItem: ends in its dead-letter queue, naming action and resource", async () => {
  cloud = await startTestCloud({ assembly: without(["intake-events", "dynamodb:PutItem"]) });
  const org = cloud.organization();
  await org.start();
  await cloud.advance(4 * MINUTE_MS);

  await expectDenied(
    cloud,
    "intake-events",
    "dynamodb:PutItem",
    "arn:aws:dynamodb:us-east-1:\\d{12}:table/payouts-local",
  );
  expect(await org.items()).toEqual([]);
});

it("plan-schedules without scheduler:CreateSchedule, attempt-transfer without its secret: the same", async () => {
  const [plan, read] = ["scheduler:CreateSchedule", "secretsmanager:GetSecretValue"];
  cloud = await startTestCloud({ assembly: without(["plan-schedules", plan], ["attempt-transfer", read]) });
  const org = cloud.organization();
  await org.start({ policy: { trigger_event: "contract_signed" } });
  await cloud.publish(org.placementSaid("contract_signed"));
  await cloud.settle();
  await cloud.advance(4 * MINUTE_MS);

  await expectDenied(cloud, "plan-schedules", plan, "arn:aws:scheduler:us-east-1:\\d{12}:schedule/payouts-local/\\w+");
  await expectDenied(cloud, "attempt-transfer", read, "arn:aws:secretsmanager:us-east-1:\\d{12}:secret:payouts/local/");
  expect(org.books()).toEqual([]);
});

it("relay-changes without events:PutEvents: says so in its log, naming action and resource, and goes on trying", async () => {
  cloud = await startTestCloud({ assembly: without(["relay-changes", "events:PutEvents"]) });
  const org = cloud.organization();
  await org.start();

  expect(await cloud.functionLog("relay-changes")).toMatch(
    /not authorized to perform: events:PutEvents on resource: arn:aws:events:us-east-1:\d{12}:event-bus\/payouts-local/,
  );
  expect(cloud.seen.filter(({ source }) => source === "payouts")).toEqual([]);
  expect((await org.only("payout")).status).toBe("approved");
});

it("uses every grant of every function in a life with all its turns", async () => {
  cloud = await startTestCloud();
  const { local } = cloud;
  const { control } = local.stripe;
  control.updateSettings({ payouts: { enabled: false } });
  const [org, other, third] = [cloud.organization(), cloud.organization(), cloud.organization()];
  const { hostname, port } = new URL(local.endpoints.stripe);
  const stripe = new Stripe("sk_test_simulated", { host: hostname, port: Number(port), protocol: "http" });

  // Counted twice; planned twice; approved while due; refused; released in part by a person.
  local.faults.streams.add({ redeliver: true, functionName: nameOf("relay-changes"), count: 1 });
  local.faults.bus.add({ duplicates: 1, detailType: "escrow_hold.created", count: 1 });
  await org.start({ guarantee_days: 1, policy: { trigger_event: "contract_signed", approval: "manual" } });
  await cloud.publish(org.placementSaid("contract_signed"), org.activated({ fee_amount: 0 }));
  await cloud.settle();
  await org.command("approve_payout", { payout_id: (await org.only("payout")).id });
  await cloud.settle();
  // A circuit that opens and is closed by a probe, while another transfer waits for it.
  control.setApiKey("sk_test_simulated", "expired");
  for (const amount of [5_000, 6_000]) {
    await org.command("release_hold", { hold_id: (await org.only("escrow_hold")).id, amount });
    await cloud.settle();
  }
  control.setApiKey("sk_test_simulated", "active");
  for (let round = 0; round < 3; round += 1) await cloud.advance(10 * MINUTE_MS);
  // Nobody fires, the sweep heals; an attempt dies and its transfer is stuck.
  await other.start({ guarantee_days: 1 });
  local.faults.aws.add({ service: "scheduler", operation: "fire", error: "never", match: other.id, count: 1 });
  const attempts = { service: "dynamodb", operation: "TransactWriteItems", functionName: nameOf("attempt-transfer") };
  local.faults.aws.add({ ...attempts, effect: "kill", match: other.id, at: "before", count: 3 });
  // Cancelled; blocked until the payee comes.
  await third.start();
  await cloud.publish(third.placementSaid("cancelled"));
  await cloud.publish(
    third.activated({
      placement_id: "placement-2",
      payees: [{ payee_id: "late", share_bp: 10_000 }],
      guarantee_days: 0,
    }),
  );
  await cloud.settle();
  await cloud.advance(2 * DAY_MS);
  for (let round = 0; round < 3; round += 1) await cloud.advance(10 * MINUTE_MS);
  await cloud.publish(third.payeeUpserted({ payeeId: "late" }));
  await cloud.settle();
  // The provider tells of funds and of a reversal.
  control.topUp({ currency: "usd", amount: 1 });
  const [moved] = await org.all("transfer");
  await stripe.transfers.createReversal(moved?.providerTransferId ?? "", { amount: 100 });
  await cloud.settle();
  // A person wants some of it back, too.
  await org.command("reverse_transfer", { transfer_id: moved?.id, amount: 200, reason: "left early" });
  await cloud.settle();
  await workAndLookEverywhere(cloud, org);
  for (const one of [org, other, third]) await one.expectInvariants();

  const used = local.authorizer.takeUses();
  expect(grantsOf(cloud).filter((grant) => !used.some((use) => isUseOf(grant, use)))).toEqual([]);
});

/** Every index of both tables, a refusal and an export that are written down, and a stop for the whole deployment. */
async function workAndLookEverywhere(from: TestCloud, org: Organization): Promise<void> {
  const api = createTestApi(from);
  await api.person(org.id, "super_admin");
  const [operator, viewer, processor] = await Promise.all(
    (["operator", "viewer", "processor"] as const).map((role) => api.person(org.id, role)),
  );
  const filters = [
    {},
    { status: "released" },
    { hold_reason: "guarantee_period" },
    { payee_id: PAYEE },
    { company_id: "company-1" },
    { placement_id: PLACEMENT },
    { currency: "USD", min_amount: 1 },
  ];
  for (const query of filters) await operator?.ok("listEscrowHolds", { query });
  const { id } = await org.only("payout");
  for (const query of [{}, { changed_by: "olga" }, { action: "payout.created" }, { payout_id: id }]) {
    await operator?.ok("listAuditEntries", { query });
  }
  const entry = { entity_type: "payout", entity_id: id, version: "1" };
  await operator?.ok("getAuditEntry", { params: entry });
  await operator?.ok("exportPayouts");
  await viewer?.refused("exportPayouts", "permission_required");
  await processor?.ok("processDuePayoutSchedules");
  const wish = { payee_id: PAYEE, amount: 5_000, currency: "USD", schedule: { trigger_event: "manual" } };
  const made = await operator?.ok("createPayout", { body: wish });
  await processor?.ok("cancelPayout", { params: { id: made?.data.id }, body: { reason: "entered twice" } });
  const operators = await api.person(OPERATOR, "admin");
  await operators.ok("getMonitoring");
  await operators.ok("listDeadLetters", { query: { queue: "rejected-events" } });
  await operators.ok("redriveDeadLetters", { body: { queue: "rejected-events" } });
  await from.command({ command: "pause_sending", control: "stripe", by: "dana", reason: "reconciling" });
  await from.command({ command: "resume_sending", control: "stripe", by: "dana" });
  await from.settle();
}

interface Grant {
  readonly name: string;
  readonly roleArn: string;
  readonly action: string;
  readonly resource: string;
}

/** Checked at the start, or by the services for themselves: no function of ours asks for them. */
const OF_THE_SERVICES =
  /^(xray:.*|iam:PassRole|dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)|logs:.*)$/;

function grantsOf({ local }: TestCloud): Grant[] {
  return local.model.functions.flatMap(({ name, roleArn }) => {
    const role = local.model.roles.find(({ arn }) => arn === roleArn);
    const statements = role?.policies.flatMap(({ document }) => document.Statement) ?? [];
    return statements.flatMap(({ Action = [], Resource = [] }) =>
      Action.filter((action) => !OF_THE_SERVICES.test(action)).flatMap((action) =>
        Resource.filter((resource) => !resource.endsWith("-failures")).map((resource) => ({
          ...{ name, roleArn, action, resource },
        })),
      ),
    );
  });
}

function isUseOf(grant: Grant, use: ReturnType<TestCloud["local"]["authorizer"]["takeUses"]>[number]): boolean {
  const sameResource = grant.resource.endsWith("*")
    ? use.resource.startsWith(grant.resource.slice(0, -1))
    : use.resource === grant.resource;
  return grant.roleArn === use.roleArn && grant.action === use.action && sameResource;
}
