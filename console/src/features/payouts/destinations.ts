import type { Wire } from "../../session/me.ts";

export type Destination = NonNullable<Wire["Payout"]["destination"]>;

/** `Stripe acct_1QX2ab`, or a bank's channel with the end of the account's number. */
export function formatDestination(destination: Destination): string {
  if (destination.provider === "stripe") return `Stripe ${destination.account}`;
  const { channel_code, account_number, account_holder_name } = destination;
  return `${channel_code} ${account_number}, ${account_holder_name}`;
}

/** Where the payee's money would go now: the first destination at a provider that can send. */
export function currentDestination(payee: Pick<Wire["Payee"], "destinations">): Destination | undefined {
  return payee.destinations.find(({ provider }) => provider === "stripe");
}

/**
 * True where what would be paid now isn't what the payout was made or approved for. Masked numbers may hide a difference:
 * the API compares the full ones.
 */
export function destinationChanged(payout: Wire["Payout"], payee: Pick<Wire["Payee"], "destinations">): boolean {
  const current = currentDestination(payee);
  if (payout.destination === null || current === undefined) return false;
  return formatDestination(payout.destination) !== formatDestination(current);
}
