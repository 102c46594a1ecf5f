import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { CommandOrigin } from "../../../shared/commands/origin.ts";
import { createSending, type Sending } from "../../../shared/commands/sending.ts";
import type { SendingControl, Transfer } from "../../../shared/domain/model.ts";
import { createResumeHandler, resumeEventSchema } from "../../../shared/events/resume-handler.ts";
import { ReceiptTaken } from "../../../shared/store/receipts.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours } from "../../support/recording-gateway.ts";
import { activated, createTestWorld, MINUTE, payeeUpserted, type TestWorld } from "../../support/world.ts";

const ACME = "acme";
const GLOBEX = "globex";
const PLATFORM = "platform";

let dynamo: TestDynamo;
let world: TestWorld;
let sending: Sending;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
  sending = createSending(world.surroundings);
});

/** A transfer of each organization, ready to be sent. */
async function pendingTransfers(): Promise<void> {
  for (const organization_id of [ACME, GLOBEX]) {
    await world.take("payee.upserted", payeeUpserted("payee-1", "acct_1", { organization_id }));
    await world.take("placement.activated", activated({ organization_id }));
  }
  for (const { id, organizationId } of await world.all("payout_schedule")) {
    await world.releases.fireSchedule({ ...by(organizationId, "clock"), scheduleId: id, path: "event" });
  }
}

function by(organizationId: string, id = "ada"): CommandOrigin {
  return { organizationId, actor: { type: id === "clock" ? "system" : "user", id }, correlationId: "test" };
}

async function transferOf(organizationId: string): Promise<Transfer> {
  const found = (await world.all("transfer")).find((transfer) => transfer.organizationId === organizationId);
  if (found === undefined) throw new Error(`no transfer of ${organizationId}`);
  return found;
}

const attempt = async (organizationId: string) => {
  await world.attempt(await transferOf(organizationId), true);
  return transferOf(organizationId);
};
const pause = (organizationId: string, provider: SendingControl["id"] = "all") =>
  sending.pause({ ...by(organizationId), provider, reason: "audit" });
const resume = (organizationId: string, provider: SendingControl["id"] = "all") =>
  sending.resume({ ...by(organizationId, "bob"), provider });

/** What the bus tells after a resume, and the attempts that it asks for. */
async function takeUp(control: SendingControl): Promise<string[]> {
  const handle = createResumeHandler({ store: world.store, resume: world.resume });
  const detail = { organization_id: control.organizationId, entity_id: control.id };
  await handle(resumeEventSchema.parse({ "detail-type": control.change.action, detail }));
  const requests = world.takeRequests();
  for (const { resumed, ...transfer } of requests) await world.attempt(transfer, resumed);
  return requests.map(({ organizationId }) => organizationId);
}

describe("an organization's pause", () => {
  beforeEach(pendingTransfers);

  it.each(["all", "stripe"] as const)("of %s stops its own transfers and nobody else's", async (provider) => {
    await pause(ACME, provider);
    expect(await attempt(ACME)).toMatchObject({
      status: "pending",
      attempts: 0,
      blocker: { code: "sending_paused", detail: `acme/${provider}` },
    });
    expect((await attempt(GLOBEX)).status).toBe("completed");
    expect(world.provider.calls).toHaveLength(1);
  });

  it.each(["all", "stripe"] as const)("of %s ends with what waited being sent, by the event", async (provider) => {
    await pause(ACME, provider);
    await attempt(ACME);
    const resumed = await resume(ACME, provider);
    if (!resumed.ok) throw new Error(resumed.refusal.message);
    expect(await takeUp(resumed.value)).toEqual([ACME]);
    expect((await transferOf(ACME)).status).toBe("completed");
    await world.expectSound();
  });

  it("of another provider stops nothing", async () => {
    await pause(ACME, "xendit");
    expect((await attempt(ACME)).status).toBe("completed");
  });

  it("can't be lifted by another organization's resume, nor by the deployment's", async () => {
    await pause(ACME);
    await attempt(ACME);
    expect(await resume(GLOBEX)).toMatchObject({ ok: false, refusal: { code: "sending_already_open" } });
    expect(await resume(PLATFORM)).toMatchObject({ ok: false, refusal: { code: "sending_already_open" } });
    expect((await attempt(ACME)).blocker?.detail).toBe("acme/all");
  });

  it("and the deployment's hold until both are over; each finds only what waited for it", async () => {
    await pause(PLATFORM);
    await pause(ACME);
    await attempt(ACME);
    await attempt(GLOBEX);
    expect((await transferOf(ACME)).blocker?.detail).toBe("all");
    const deployments = await resume(PLATFORM);
    if (!deployments.ok) throw new Error(deployments.refusal.message);
    expect((await takeUp(deployments.value)).sort()).toEqual([ACME, GLOBEX]);
    expect((await transferOf(GLOBEX)).status).toBe("completed");
    expect((await transferOf(ACME)).blocker?.detail).toBe("acme/all");
    const own = await resume(ACME);
    if (!own.ok) throw new Error(own.refusal.message);
    expect(await takeUp(own.value)).toEqual([ACME]);
    expect((await transferOf(ACME)).status).toBe("completed");
    await world.expectSound();
  });

  it("doesn't use up the probe of a tripped circuit, and isn't tripped by refused credentials", async () => {
    world.provider.next(behaviours.refusesTheKey);
    await attempt(GLOBEX);
    await pause(ACME);
    world.clock.advance(16 * MINUTE);
    expect((await attempt(ACME)).blocker?.detail).toBe("acme/all");
    expect((await attempt(GLOBEX)).status).toBe("completed");
    const statuses = (await world.all("sending_control")).map((one) => `${one.organizationId}/${one.id} ${one.status}`);
    expect(statuses.sort()).toEqual(["acme/all paused", "platform/stripe open"]);
  });
});

describe("pausing and resuming", () => {
  it("is one write that says who, why and when", async () => {
    world.sent.length = 0;
    await pause(ACME);
    expect(world.sent).toEqual(["GetCommand", "TransactWriteCommand"]);
    expect(await world.only("sending_control")).toMatchObject({
      organizationId: ACME,
      id: "all",
      status: "paused",
      reason: "audit",
      change: { action: "sending_control.paused", actor: { id: "ada" }, reason: "audit", at: world.clock.iso() },
    });
  });

  it("twice is refused and changes nothing", async () => {
    expect(await resume(ACME)).toMatchObject({ ok: false, refusal: { code: "sending_already_open" } });
    await pause(ACME);
    expect(await pause(ACME)).toMatchObject({ ok: false, refusal: { code: "sending_already_paused" } });
    expect((await world.only("sending_control")).version).toBe(1);
    await resume(ACME);
    expect(await resume(ACME)).toMatchObject({ ok: false, refusal: { code: "sending_already_open" } });
    expect((await world.only("sending_control")).version).toBe(2);
  });

  it("by two people at once has one effect", async () => {
    const results = await Promise.all([pause(ACME), pause(ACME), pause(ACME)]);
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    expect((await world.only("sending_control")).version).toBe(1);
  });

  it("writes the request's receipt in the same commit, and nothing where it is taken", async () => {
    const key = { pk: "acme#receipt#1", sk: "receipt" };
    const receiptOf = (attemptId: string) => ({
      key,
      requestHash: "hash",
      attemptId,
      expiresAt: 2_000_000_000,
      answerOf: (_changes: unknown, value: unknown) => ({ status: 200, body: JSON.stringify(value) }),
    });
    const command = { ...by(ACME), reason: "audit" };
    const paused = await sending.pause({ ...command, provider: "all", receipt: receiptOf("one") });
    const receipt = await world.store.readReceipt(key);
    expect(paused.ok && JSON.parse(receipt?.answer?.body ?? "")).toEqual(paused.ok && paused.value);
    const other = sending.pause({ ...command, provider: "stripe", receipt: receiptOf("two") });
    await expect(other).rejects.toThrow(ReceiptTaken);
    expect((await world.all("sending_control")).map(({ id }) => id)).toEqual(["all"]);
  });

  it("shows the controls that concern an organization, and no others", async () => {
    await pause(ACME);
    await pause(ACME, "xendit");
    await pause(GLOBEX);
    await pause(PLATFORM, "stripe");
    const found = await sending.controls(ACME, "stripe");
    expect(found.map(({ organizationId, id }) => `${organizationId}/${id}`).sort()).toEqual([
      "acme/all",
      "platform/stripe",
    ]);
  });
});
