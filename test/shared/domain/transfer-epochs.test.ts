import { strict as assert } from "node:assert";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isFinished } from "../../../shared/domain/transfer.ts";
import { checkInvariants } from "../../support/domain-invariants.ts";
import { FATES, type Fate } from "../../support/domain-provider.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../support/domain-records.ts";
import { PlacementSimulation, type Step } from "../../support/domain-simulation.ts";
import { TransferModel, transferSteps } from "../../support/domain-transfer-model.ts";

const longStory = fc.array(transferSteps, { maxLength: 70, size: "max" });

describe("an idempotency key's epoch", () => {
  it("moves only by a refusal with no unknown call before it, a settling one, or an empty look-up 15 minutes after the last call; never after a mismatch", () => {
    fc.assert(
      fc.property(longStory, (story) => {
        const model = new TransferModel();
        for (const step of story) model.run(step);
      }),
      { numRuns: 2_000 },
    );
  }, 60_000);

  it("is reached by such stories, so that the property says something", () => {
    const epochs = fc.sample(longStory, { numRuns: 300, seed: 7 }).map((story) => {
      const model = new TransferModel();
      for (const step of story) model.run(step);
      return model.sentEpochs.size;
    });
    expect(Math.max(...epochs)).toBeGreaterThan(2);
  });
});

describe("one transfer against a provider that loses answers, replays, forgets keys after a day and lists late", () => {
  const fates = fc.oneof(
    fc.constantFrom(...FATES),
    fc.constantFrom<Fate>("works_unheard", "lost", "throttled", "payee"),
  );
  const ms = fc.constantFrom(
    SECOND_MS,
    100 * SECOND_MS,
    121 * SECOND_MS,
    6 * MINUTE_MS,
    11 * MINUTE_MS,
    16 * MINUTE_MS,
    HOUR_MS,
    22 * HOUR_MS,
    DAY_MS,
  );
  const picks = fc.constantFrom(0, 0, 0, 1, 2);
  const steps: fc.Arbitrary<Step> = fc.oneof(
    fc.record({ kind: fc.constant("wait" as const), ms }),
    fc.record({ kind: fc.constant("attempt" as const), pick: fc.constant(0), fate: fates }),
    fc.record({ kind: fc.constant("claim" as const), pick: fc.constant(0), resumed: fc.constant(true) }),
    fc.record({ kind: fc.constant("call" as const), pick: picks, fate: fates }),
    fc.record({ kind: fc.constant("record" as const), pick: picks }),
    fc.record({ kind: fc.constant("retry" as const), pick: fc.constant(0) }),
    fc.constantFrom<Step>({ kind: "pause" }, { kind: "resume" }, { kind: "die", pick: 0 }),
  );

  it("moves the money at most once, and says so in the end", () => {
    fc.assert(
      fc.property(fc.array(steps, { maxLength: 60, size: "max" }), (story) => {
        const simulation = new PlacementSimulation({ approval: "auto", holdbackBp: 2_000, debtMinor: 0 });
        simulation.fire(0, "manual");
        const transfer = () => {
          const first = simulation.ledger.all("transfer")[0];
          assert.ok(first !== undefined);
          return first;
        };
        for (const step of story) {
          simulation.run(step);
          checkInvariants(simulation);
        }
        simulation.setPaused(false);
        for (let day = 0; day < 5 && transfer().status !== "completed"; day += 1) {
          simulation.wait(25 * HOUR_MS);
          if (transfer().status === "failed_terminal") simulation.retry(transfer());
          if (!isFinished(transfer())) simulation.attempt(transfer(), "works");
        }
        checkInvariants(simulation);
        assert.equal(transfer().status, "completed");
        assert.equal(simulation.provider.createdFor(transfer().id).length, 1);
      }),
      { numRuns: 1_500 },
    );
  }, 60_000);
});
