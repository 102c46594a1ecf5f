import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { receiveProviderEvent } from "../../../shared/commands/provider-events.ts";
import { startDynamo, type TestDynamo } from "../../support/dynamodb.ts";
import { behaviours, type Movement } from "../../support/recording-gateway.ts";
import {
  createPendingTransfer,
  createTestWorld,
  MINUTE,
  ORG,
  PAYEE,
  signalled,
  type TestWorld,
} from "../../support/world.ts";

let dynamo: TestDynamo;
let world: TestWorld;

beforeAll(async () => {
  dynamo = await startDynamo();
});
afterAll(() => dynamo.stop());
beforeEach(async () => {
  world = await createTestWorld(dynamo);
});

async function deliver(id: string, type: string, objectId: string, account?: string) {
  await world.receive(id, type, objectId, account);
  return world.providerEvents.apply("stripe", id);
}

const firstMovement = (): Movement => {
  const [movement] = world.provider.movements;
  if (movement === undefined) throw new Error("nothing moved");
  return movement;
};

/** The provider has the transfer; here its outcome is unknown, or on record where `heard`. */
async function send(heard: boolean) {
  const transfer = await createPendingTransfer(world);
  if (!heard) world.provider.next(behaviours.timesOutAfterActing);
  await world.attempt(transfer);
  return transfer;
}

describe("a received webhook", () => {
  it("is stored once: the second and third delivery find it", async () => {
    expect(await world.receive("evt_1", "transfer.created", "tr_1")).toBe(true);
    expect(await world.receive("evt_1", "transfer.created", "tr_1")).toBe(false);
    expect(await world.receive("evt_1", "transfer.created", "tr_other")).toBe(false);
    expect(await world.only("provider_event")).toMatchObject({ status: "received", objectId: "tr_1", version: 1 });
  });

  it("is stored once by deliveries at the same time", async () => {
    const firsts = await Promise.all(
      Array.from({ length: 5 }, () => world.receive("evt_1", "transfer.created", "tr_1")),
    );
    expect(firsts.filter(Boolean)).toHaveLength(1);
  });

  it("that the table can't take is an error, so that the provider sends it again", async () => {
    const store = { ...world.store, commit: () => Promise.reject(new Error("down")) };
    const event = { provider: "stripe", id: "evt_1", type: "t", objectId: "o", createdAt: world.clock.iso() } as const;
    await expect(receiveProviderEvent({ store, now: world.clock.now }, event)).rejects.toThrow("down");
  });

  it("that was never stored is not applied", async () => {
    expect(await world.providerEvents.apply("stripe", "evt_unknown")).toMatchObject({ status: "unmatched" });
  });
});

describe("transfer.created", () => {
  it("before the answer of our own call completes the transfer once; the answer changes nothing more", async () => {
    const transfer = await createPendingTransfer(world);
    const gateway = world.provider.gateway;
    const createTransfer = gateway.createTransfer.bind(gateway);
    gateway.createTransfer = async (order) => {
      const answer = await createTransfer(order);
      await deliver("evt_1", "transfer.created", "tr_1");
      return answer;
    };
    expect(await world.attempt(transfer)).toMatchObject({ outcome: "done" });
    expect(await world.only("transfer")).toMatchObject({ status: "completed", providerTransferId: "tr_1", version: 3 });
    expect((await world.all("journal_entry")).filter(({ kind }) => kind === "transfer")).toHaveLength(1);
    await world.expectSound();
  });

  it("settles an outcome that is unknown", async () => {
    await send(false);
    expect(await deliver("evt_1", "transfer.created", "tr_1")).toEqual({ status: "applied" });
    expect(await world.only("transfer")).toMatchObject({ status: "completed" });
    expect((await world.only("payout_schedule")).status).toBe("completed");
    await world.expectSound();
  });

  it("delivered twice under two ids, or applied twice, has one effect", async () => {
    await send(false);
    await deliver("evt_1", "transfer.created", "tr_1");
    const before = (await world.items()).filter(({ entity }) => entity !== "provider_event");
    await world.providerEvents.apply("stripe", "evt_1");
    expect(await deliver("evt_2", "transfer.updated", "tr_1")).toEqual({ status: "applied" });
    expect((await world.items()).filter(({ entity }) => entity !== "provider_event")).toEqual(before);
  });

  it("of an object that the provider doesn't know is kept as unmatched", async () => {
    expect(await deliver("evt_1", "transfer.created", "tr_9")).toMatchObject({ status: "unmatched" });
    expect(await world.only("provider_event")).toMatchObject({
      status: "unmatched",
      note: "the provider has no such transfer",
    });
  });

  it("of a transfer that is not ours is kept as unmatched", async () => {
    const transfer = await send(true);
    world.provider.createByHand({ ...transfer, transferId: "tr_000000000000000000000000ZZ" });
    expect(await deliver("evt_1", "transfer.created", "tr_2")).toMatchObject({ status: "unmatched" });
  });

  it.each([
    ["amount", { amountMinor: 1 }],
    ["currency", { currency: "EUR" }],
    ["destination", { destination: { provider: "stripe", account: "acct_else" } as const }],
  ])("of another %s is kept as unmatched and completes nothing", async (_what, other) => {
    const transfer = await createPendingTransfer(world);
    world.provider.createByHand({ ...transfer, transferId: transfer.id, ...other });
    expect(await deliver("evt_1", "transfer.created", "tr_1")).toMatchObject({ status: "unmatched" });
    expect((await world.only("transfer")).status).toBe("pending");
  });

  it("of a second movement for a completed transfer is kept as unmatched, for a person", async () => {
    const transfer = await send(true);
    const second = world.provider.createByHand({ ...transfer, transferId: transfer.id, epoch: 2 });
    const applied = await deliver("evt_1", "transfer.created", second.providerTransferId);
    expect(applied).toMatchObject({ status: "unmatched", note: expect.stringContaining("tr_1") });
    second.reversedMinor = 80_000;
    expect(await deliver("evt_2", "transfer.reversed", "tr_2")).toMatchObject({ status: "unmatched" });
    expect(await world.only("transfer")).toMatchObject({ status: "completed", reversedMinor: 0 });
  });

  it("for a transfer that failed here is kept as unmatched, for a person", async () => {
    const transfer = await createPendingTransfer(world);
    world.provider.next(behaviours.refusesForNoKnownReason);
    await world.attempt(transfer);
    world.provider.createByHand({ ...transfer, transferId: transfer.id });
    const applied = await deliver("evt_1", "transfer.created", "tr_1");
    expect(applied).toMatchObject({ status: "unmatched", note: expect.stringContaining("failed_terminal") });
  });

  it("while the provider can't be asked is an error, and is applied by the next try", async () => {
    await send(false);
    world.provider.setReachable(false);
    await expect(deliver("evt_1", "transfer.created", "tr_1")).rejects.toMatchObject({ name: "ProviderUnavailable" });
    expect((await world.only("provider_event")).status).toBe("received");
    world.provider.setReachable(true);
    expect(await world.providerEvents.apply("stripe", "evt_1")).toEqual({ status: "applied" });
  });
});

describe("transfer.reversed", () => {
  it("in parts adds up to what the provider reports; the whole makes it reversed", async () => {
    await send(true);
    firstMovement().reversedMinor = 30_000;
    await deliver("evt_1", "transfer.reversed", "tr_1");
    expect(await world.only("transfer")).toMatchObject({ status: "completed", reversedMinor: 30_000 });
    firstMovement().reversedMinor = 80_000;
    await deliver("evt_2", "transfer.reversed", "tr_1");
    expect(await world.only("transfer")).toMatchObject({ status: "reversed", reversedMinor: 80_000 });
    expect((await world.only("payout")).reversedMinor).toBe(80_000);
    await world.expectSound();
  });

  it("again, or late, changes nothing: the total only grows", async () => {
    await send(true);
    await world.receive("evt_early", "transfer.reversed", "tr_1");
    firstMovement().reversedMinor = 80_000;
    await deliver("evt_late", "transfer.reversed", "tr_1");
    const { version } = await world.only("transfer");
    expect(await world.providerEvents.apply("stripe", "evt_early")).toEqual({ status: "applied" });
    expect(await deliver("evt_again", "transfer.reversed", "tr_1")).toEqual({ status: "applied" });
    expect((await world.only("transfer")).version).toBe(version);
    await world.expectSound();
  });

  it("before anything was heard of the transfer completes it first", async () => {
    await send(false);
    firstMovement().reversedMinor = 80_000;
    expect(await deliver("evt_1", "transfer.reversed", "tr_1")).toEqual({ status: "applied" });
    expect(await world.only("transfer")).toMatchObject({ status: "reversed", reversedMinor: 80_000 });
    expect((await world.only("payout")).paidMinor).toBe(80_000);
    await world.expectSound();
  });

  it("at the same time as its duplicate is posted once", async () => {
    await send(true);
    firstMovement().reversedMinor = 80_000;
    await Promise.all(["evt_1", "evt_2", "evt_3"].map((id) => deliver(id, "transfer.reversed", "tr_1")));
    expect((await world.all("journal_entry")).filter(({ kind }) => kind === "reversal")).toHaveLength(1);
    await world.expectSound();
  });

  it("settles what the payee owes for it", async () => {
    await send(true);
    await world.take("placement.guarantee_failed", signalled());
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(80_000);
    firstMovement().reversedMinor = 50_000;
    await deliver("evt_1", "transfer.reversed", "tr_1");
    expect(await world.store.owedMinor(ORG, PAYEE, "USD")).toBe(30_000);
    await world.expectSound();
  });
});

describe("news about the provider", () => {
  it("balance.available is announced to all that wait for funds", async () => {
    expect(await deliver("evt_1", "balance.available", "balance")).toEqual({ status: "applied" });
    expect(world.bus).toEqual([
      { source: "payouts", detailType: "provider_funds.available", detail: { provider: "stripe" } },
    ]);
  });

  it.each(["account.updated", "capability.updated"])("%s is announced with the account", async (type) => {
    await deliver("evt_1", type, "acct_1", "acct_1");
    expect(world.bus).toEqual([
      { source: "payouts", detailType: "payee_account.updated", detail: { provider: "stripe", account: "acct_1" } },
    ]);
  });

  it.each([
    ["account.updated", "about the platform's own account"],
    ["customer.created", "nothing here depends on it"],
  ])("%s without a connected account is ignored and says why", async (type, note) => {
    expect(await deliver("evt_1", type, "object")).toEqual({ status: "ignored", note });
    expect(await world.only("provider_event")).toMatchObject({ status: "ignored", note, version: 2 });
    expect(world.bus).toEqual([]);
  });

  it("is announced once per event", async () => {
    await deliver("evt_1", "balance.available", "balance");
    world.clock.advance(MINUTE);
    await world.providerEvents.apply("stripe", "evt_1");
    expect(world.bus).toHaveLength(1);
  });
});
