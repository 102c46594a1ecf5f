/** One scenario for an operation's success and one for each refusal of its own. What is missing doesn't compile. */
import { describe, it } from "vitest";
import type { OperationSpec, Operations } from "../../shared/api/operation.ts";

type OwnRefusal<Spec extends OperationSpec> = Spec extends { readonly refusals: readonly (infer Code extends string)[] }
  ? Code
  : never;

type Scenario<World> = (world: World) => Promise<void>;

export type Scenarios<Specs extends Operations, World> = {
  readonly [Id in keyof Specs]: {
    readonly ok: Scenario<World>;
    readonly refusals: { readonly [Code in OwnRefusal<Specs[Id]>]: Scenario<World> };
  };
};

/** Makes a test of each scenario; every one gets a world of its own. */
export function drive<Specs extends Operations, World>(
  specs: Specs,
  scenarios: Scenarios<Specs, World>,
  newWorld: () => Promise<World>,
): void {
  describe.each(Object.keys(specs))("%s", (operationId) => {
    const { ok, refusals } = scenarios[operationId as keyof Specs];
    it("does what it says", async () => ok(await newWorld()));
    const own = Object.entries<Scenario<World>>(refusals as Readonly<Record<string, Scenario<World>>>);
    if (own.length > 0) it.each(own)("is refused: %s", async (_code, scenario) => scenario(await newWorld()));
  });
}
