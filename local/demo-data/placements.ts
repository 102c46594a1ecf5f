/** The placements of the demo data: what each is to show, how much, for whom, and when its guarantee ends. */
import { createHash } from "node:crypto";
import type { TriggerEvent } from "../../shared/domain/model.ts";
import { MAGIC_AMOUNTS, type MagicAmount } from "../stripe/faults.ts";
import { type DemoCurrency, type DemoPayee, ORDINARY_PAYEES, SPECIAL_PAYEES } from "./people.ts";

/** Basis points of a fee that are held back. */
const HOLDBACK_BP = 2_000;
const WHOLE_BP = 10_000;

type Size = "small" | "medium" | "large";

interface SceneSpec {
  readonly name: string;
  /** Placements, each of one payout unless it is shared. */
  readonly count: number;
  readonly triggerEvent: TriggerEvent;
  /** Days from today on which guarantees end, taken in turn. */
  readonly endsInDays: readonly number[];
  readonly approval?: "manual";
  /** In turn; ordinary payees of all currencies unless told. */
  readonly payees?: readonly DemoPayee[];
  readonly sizes?: readonly Size[];
  /** Each so many-th is shared by two payees. */
  readonly sharedEach?: number;
  /** What is payable at once comes to an amount with which the simulated Stripe answers so. */
  readonly answer?: MagicAmount["fault"];
}

const AHEAD = [1, 2, 7, 30, 90, 14, 21, 45, 60, 75] as const;
const PAST = [-60, -45, -30, -21, -14, -10, -7, -5, -3, -2, -1, 0] as const;
const SMALL: readonly Size[] = ["small"];
const { withoutAccount, alsoWithoutAccount, atXendit, changingAccount, owing } = SPECIAL_PAYEES;
const { refused, alsoRefused, incomplete, alsoIncomplete } = SPECIAL_PAYEES;

const whenSigned = { triggerEvent: "contract_signed", endsInDays: AHEAD } as const;
const whenOver = { triggerEvent: "guarantee_period_end", endsInDays: AHEAD } as const;
const wasOver = { triggerEvent: "guarantee_period_end", endsInDays: PAST } as const;

/** By what they show in the end. */
const SCENES = [
  { name: "paid", ...wasOver, count: 15, sharedEach: 5 },
  { name: "paidInPart", ...whenSigned, count: 15, sharedEach: 5 },
  { name: "scheduled", ...whenOver, count: 15, sharedEach: 5 },
  { name: "awaitingSignature", ...whenSigned, count: 4 },
  { name: "awaitingMilestone", ...whenOver, triggerEvent: "milestone_reached", count: 4 },
  { name: "awaitingPerson", ...whenOver, triggerEvent: "manual", count: 4 },
  { name: "milestoneReached", ...whenOver, triggerEvent: "milestone_reached", count: 2 },
  { name: "awaitingApproval", ...whenOver, approval: "manual", count: 8 },
  { name: "overdueForApproval", ...wasOver, approval: "manual", count: 3 },
  { name: "overdueForDestination", ...wasOver, count: 6, payees: [withoutAccount, alsoWithoutAccount, atXendit] },
  { name: "failed", ...whenSigned, count: 6, payees: [refused, alsoRefused, refused], sizes: ["small", "medium"] },
  { name: "awaitingPayee", ...whenSigned, count: 3, payees: [incomplete, alsoIncomplete] },
  { name: "awaitingFunds", ...whenSigned, count: 3, answer: "insufficient_funds" },
  { name: "outcomeUnknown", ...whenSigned, count: 2, answer: "500_before" },
  { name: "clawedBack", ...whenSigned, count: 2, payees: [owing], sizes: ["medium"] },
  { name: "guaranteeFailed", ...whenOver, count: 2 },
  { name: "placementCancelled", ...whenSigned, count: 3 },
  { name: "overdueForCoolingOff", ...wasOver, approval: "manual", count: 1, payees: [changingAccount], sizes: SMALL },
  { name: "approvedForOldAccount", ...whenOver, count: 1, payees: [changingAccount] },
  { name: "holdReleased", ...whenOver, count: 3 },
  { name: "holdReleasedInPart", ...whenOver, count: 3 },
  { name: "holdForfeited", ...whenOver, count: 2 },
  { name: "holdCancelled", ...whenOver, count: 2 },
  { name: "holdExtended", ...whenOver, count: 3 },
  { name: "payoutCancelled", ...whenOver, count: 2 },
  { name: "scheduleCancelled", ...whenOver, count: 2 },
  { name: "scheduleMoved", ...whenOver, count: 2 },
  { name: "markedPaid", ...whenOver, triggerEvent: "manual", count: 1, payees: ORDINARY_PAYEES, sizes: SMALL },
  { name: "markedFailed", ...whenOver, count: 1, sizes: SMALL },
  { name: "reversedInPart", ...whenSigned, count: 2 },
  { name: "reversed", ...whenSigned, count: 1 },
] as const satisfies readonly SceneSpec[];

export type Scene = (typeof SCENES)[number]["name"];

export interface DemoPlacement {
  readonly id: string;
  readonly scene: Scene;
  readonly companyId: string;
  readonly currency: DemoCurrency;
  readonly feeMinor: number;
  readonly holdbackBp: number;
  readonly guaranteeDays: number;
  /** From today; negative where it is over. */
  readonly endsInDays: number;
  readonly triggerEvent: TriggerEvent;
  readonly approval: "auto" | "manual";
  readonly shares: readonly { readonly payeeId: string; readonly shareBp: number }[];
}

const COMPANIES = [
  "halden-robotics",
  "brightwater-health",
  "kestrel-analytics",
  "okabe-electronics",
  "marlow-and-finch",
  "solstice-energy",
  "tessellate-software",
  "cobalt-maritime",
  "juniper-education",
  "meridian-rail",
  "lumen-diagnostics",
  "fjordbank",
] as const;

const GUARANTEE_DAYS = [90, 90, 60, 90, 30, 90, 120] as const;
/** Mostly dollars: the weights by which ordinary payees are taken. */
const CURRENCIES = ["USD", "USD", "EUR", "USD", "GBP", "USD", "USD", "EUR", "USD", "JPY"] as const;
const SIZES: readonly Size[] = ["medium", "small", "medium", "large", "small", "medium"];

/** Fees in whole dollars, from and below. */
const FEES: Readonly<Record<Size, readonly [number, number]>> = {
  small: [180, 900],
  medium: [1_400, 8_900],
  large: [12_000, 38_000],
};
/** Minor units of a sum that is worth about a dollar. */
const DOLLAR_MINOR: Readonly<Record<DemoCurrency, number>> = { USD: 100, EUR: 90, GBP: 80, JPY: 150 };
/** Fees are round: so many dollars' worth. */
const FEE_STEP = 10;

/** A number in [0, 1) that is always the same for the same name. */
function fractionOf(name: string): number {
  return createHash("sha256").update(name).digest().readUInt32BE(0) / 2 ** 32;
}

function inTurn<Value>(values: readonly Value[], index: number): Value {
  const value = values[index % values.length];
  if (value === undefined) throw new RangeError("nothing to take in turn");
  return value;
}

/** The fee whose payable part is exactly so much: what is held is rounded down. */
function feeWithPayable(payableMinor: number): number {
  const feeMinor = Math.floor((payableMinor * WHOLE_BP) / (WHOLE_BP - HOLDBACK_BP));
  const payable = (fee: number) => fee - Math.floor((fee * HOLDBACK_BP) / WHOLE_BP);
  const found = [feeMinor - 1, feeMinor, feeMinor + 1].find((fee) => payable(fee) === payableMinor);
  if (found === undefined) throw new RangeError(`no fee leaves ${payableMinor} payable`);
  return found;
}

function magicAmount(answer: MagicAmount["fault"]): number {
  const found = MAGIC_AMOUNTS.find(({ fault }) => fault === answer);
  if (found === undefined) throw new RangeError(`no amount stands for ${answer}`);
  return found.amount;
}

function ordinaryPayee(currency: DemoCurrency, index: number): DemoPayee {
  return inTurn(
    ORDINARY_PAYEES.filter((payee) => payee.currency === currency),
    index,
  );
}

/** All placements, the same each time: ids, names and amounts follow from their place in the list. */
function planPlacements(): readonly DemoPlacement[] {
  const specs: readonly (SceneSpec & { readonly name: Scene })[] = SCENES;
  const placements: DemoPlacement[] = [];
  for (const spec of specs) {
    for (let index = 0; index < spec.count; index += 1) {
      const number = placements.length;
      const id = `pl-${5001 + number}`;
      const first =
        spec.payees === undefined ? ordinaryPayee(inTurn(CURRENCIES, number), number) : inTurn(spec.payees, index);
      const [from, below] = FEES[inTurn(spec.sizes ?? SIZES, spec.sizes === undefined ? number : index)];
      const dollars = Math.round((from + fractionOf(`${id} fee`) * (below - from)) / FEE_STEP) * FEE_STEP;
      const isShared = spec.sharedEach !== undefined && index % spec.sharedEach === spec.sharedEach - 1;
      const second = isShared ? ordinaryPayee(first.currency, number + 1) : undefined;
      placements.push({
        id,
        scene: spec.name,
        companyId: inTurn(COMPANIES, Math.floor(fractionOf(`${id} company`) * COMPANIES.length)),
        currency: first.currency,
        feeMinor:
          spec.answer === undefined ? dollars * DOLLAR_MINOR[first.currency] : feeWithPayable(magicAmount(spec.answer)),
        holdbackBp: HOLDBACK_BP,
        guaranteeDays: inTurn(GUARANTEE_DAYS, number),
        endsInDays: inTurn(spec.endsInDays, index),
        triggerEvent: spec.triggerEvent,
        approval: spec.approval ?? "auto",
        shares:
          second === undefined
            ? [{ payeeId: first.id, shareBp: WHOLE_BP }]
            : [
                { payeeId: first.id, shareBp: 6_500 },
                { payeeId: second.id, shareBp: 3_500 },
              ],
      });
    }
  }
  return placements;
}

export const PLACEMENTS: readonly DemoPlacement[] = planPlacements();

export function placementsOf(...scenes: readonly Scene[]): readonly DemoPlacement[] {
  return PLACEMENTS.filter(({ scene }) => scenes.includes(scene));
}
