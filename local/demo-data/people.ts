/** The invented people of the demo data: who works for the organization, and whom it pays. */
import { createHash } from "node:crypto";
import type { StaffRole } from "../../shared/domain/model.ts";

interface StaffMember {
  readonly subject: string;
  readonly name: string;
  readonly role: StaffRole;
}

/** Nobody of them signs in to the console: what they did never bars whoever does. */
export const STAFF = {
  tomas: { subject: "tomas.lind", name: "Tomas Lind", role: "operator" },
  priya: { subject: "priya.raman", name: "Priya Raman", role: "operator" },
  elena: { subject: "elena.petrova", name: "Elena Petrova", role: "processor" },
  samuel: { subject: "samuel.adeyemi", name: "Samuel Adeyemi", role: "processor" },
  ines: { subject: "ines.moreau", name: "Inès Moreau", role: "manager" },
  david: { subject: "david.okafor", name: "David Okafor", role: "manager" },
  hanna: { subject: "hanna.virtanen", name: "Hanna Virtanen", role: "admin" },
  jonas: { subject: "jonas.weber", name: "Jonas Weber", role: "viewer" },
} as const satisfies Readonly<Record<string, StaffMember>>;

export type DemoCurrency = "USD" | "EUR" | "GBP" | "JPY";

/**
 * What is special about where a payee is paid: nothing to pay to; a provider that can't send yet; a Stripe account that
 * refuses for good while the data is made (`refusing`), or until the payee completes it (`incomplete`).
 */
type Destination = "stripe" | "none" | "xendit" | "refusing" | "incomplete";

export interface DemoPayee {
  readonly id: string;
  readonly name: string;
  readonly country: string;
  readonly currency: DemoCurrency;
  readonly destination: Destination;
  readonly tier: "standard" | "gold";
}

function payee(
  name: string,
  country: string,
  currency: DemoCurrency,
  destination: Destination = "stripe",
  tier: DemoPayee["tier"] = "standard",
): DemoPayee {
  const id = name.normalize("NFD").replaceAll(/\p{M}/gu, "").toLowerCase().replaceAll(" ", "-");
  return { id, name, country, currency, destination, tier };
}

/** Those about whom there is nothing to tell: they simply are paid. */
export const ORDINARY_PAYEES: readonly DemoPayee[] = [
  payee("Marcus Bell", "US", "USD", "stripe", "gold"),
  payee("Alicia Romero", "US", "USD"),
  payee("Priyanka Shah", "US", "USD", "stripe", "gold"),
  payee("Daniel Whitfield", "CA", "USD"),
  payee("Renata Oliveira", "BR", "USD"),
  payee("Kwame Boateng", "GH", "USD"),
  payee("Grace Mwangi", "KE", "USD"),
  payee("Lukas Brandt", "DE", "EUR", "stripe", "gold"),
  payee("Camille Laurent", "FR", "EUR"),
  payee("Marta Iglesias", "ES", "EUR"),
  payee("Sanne de Vries", "NL", "EUR"),
  payee("Oliver Hartley", "GB", "GBP", "stripe", "gold"),
  payee("Niamh Gallagher", "GB", "GBP"),
  payee("Haruto Tanaka", "JP", "JPY"),
  payee("Yui Nakamura", "JP", "JPY"),
];

/** Each has a story of their own; placements name them. */
export const SPECIAL_PAYEES = {
  withoutAccount: payee("Felix Sommer", "DE", "EUR", "none"),
  alsoWithoutAccount: payee("Tara Quinn", "US", "USD", "none"),
  atXendit: payee("Maria Santos", "PH", "USD", "xendit"),
  /** Changes the account: it cools off, and what was approved before is void. */
  changingAccount: payee("Joel Abrams", "US", "USD", "stripe", "gold"),
  /** Owes what was paid for a placement whose guarantee failed. */
  owing: payee("Victor Hale", "US", "USD"),
  refused: payee("Leila Haddad", "US", "USD", "refusing"),
  alsoRefused: payee("Callum Reid", "GB", "GBP", "refusing"),
  incomplete: payee("Noor Jansen", "NL", "EUR", "incomplete"),
  alsoIncomplete: payee("André Silva", "BR", "USD", "incomplete"),
} as const satisfies Readonly<Record<string, DemoPayee>>;

export const PAYEES: readonly DemoPayee[] = [...ORDINARY_PAYEES, ...Object.values(SPECIAL_PAYEES)];

/** A payee's Stripe account: one of each organization's own. `which` tells the account after a change from the first. */
export function accountOf(organizationId: string, { id, destination }: DemoPayee, which = "first"): string {
  const own = createHash("sha256").update(`${organizationId}/${id}/${which}`).digest("hex").slice(0, 16);
  // The simulated Stripe knows by the prefix that transfers are not enabled yet.
  return `acct_${destination === "incomplete" ? "restricted" : "1"}${own}`;
}

/** The currency in which a payee is paid. */
export function currencyOf(payeeId: string): DemoCurrency {
  const found = PAYEES.find(({ id }) => id === payeeId);
  if (found === undefined) throw new RangeError(`there is no payee ${payeeId}`);
  return found.currency;
}
