/** A function killed at one of its calls to the outside. */
export class Killed extends Error {
  override readonly name = "Killed";
}

export type Moment = "before" | "after";

export type Faults = ReturnType<typeof createFaults>;

/**
 * Counts calls to the outside and kills at one of them, before or after its effect. Once killed, nothing gets out until
 * `revive`: a dead function does not go on with its other promises.
 */
export function createFaults() {
  let calls = 0;
  let plan: { at: number; moment: Moment } | undefined;
  let dead = false;

  const die = (): never => {
    dead = true;
    throw new Killed(`killed ${plan?.moment} call ${plan?.at}`);
  };

  return {
    async io<T>(work: () => Promise<T>): Promise<T> {
      if (dead) throw new Killed("already dead");
      calls += 1;
      const hit = plan?.at === calls ? plan.moment : undefined;
      if (hit === "before") die();
      const result = await work();
      if (hit === "after") die();
      return result;
    },
    /** Kills at the n-th call from now on. */
    arm(at: number, moment: Moment): void {
      calls = 0;
      plan = { at, moment };
    },
    /** True where the kill has happened. */
    revive(): boolean {
      const died = dead;
      dead = false;
      plan = undefined;
      calls = 0;
      return died;
    },
  };
}

/** Code that goes on with its other work after a failure tells of the kill as a cause. */
function isKill(error: unknown): boolean {
  return error instanceof Killed || (error instanceof Error && isKill(error.cause));
}

const MOST_CALLS = 60;

/**
 * Runs a scenario once per call and moment, each time killed there: `run` gets an armed world, `check` looks at what
 * redelivery made of it. Ends when a run gets through alive; gives how many calls it made.
 */
export async function sweepCrashes<World extends { readonly faults: Faults }>(scenario: {
  readonly prepare: () => Promise<World>;
  readonly run: (world: World) => Promise<unknown>;
  readonly check: (world: World, where: string) => Promise<void>;
}): Promise<number> {
  for (let at = 1; at <= MOST_CALLS; at += 1) {
    for (const moment of ["before", "after"] as const) {
      const world = await scenario.prepare();
      world.faults.arm(at, moment);
      let killed: unknown;
      try {
        await scenario.run(world);
      } catch (error) {
        killed = error;
      }
      const died = world.faults.revive();
      if (killed !== undefined && !isKill(killed)) throw killed;
      await scenario.check(world, `${moment} call ${at}`);
      if (!died) return at - 1;
    }
  }
  throw new RangeError(`the scenario makes more than ${MOST_CALLS} calls`);
}
