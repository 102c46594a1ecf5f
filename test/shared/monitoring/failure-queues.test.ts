import { expect, it } from "vitest";
import { failureQueueNames } from "../../../shared/monitoring/failure-queues.ts";
import { synthesize } from "../../infra/synthesized.ts";

it("every failure queue of a deployment says what it holds, and none is told of that isn't there", () => {
  const queues = synthesize()
    .all("SQS::Queue")
    .map(({ Properties }) => String(Properties.QueueName));
  expect(queues.sort()).toEqual(failureQueueNames.map((name) => `payouts-prod-${name}`).sort());
});
