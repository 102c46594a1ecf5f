import { Link } from "@tanstack/react-router";
import type { EntityType } from "./entry-words.ts";

interface RecordLinkProps {
  readonly entityType: EntityType;
  readonly entityId: string;
  readonly payoutId: string | null;
}

/** To where the record itself is; nothing for those that have no page. */
export function RecordLink({ entityType, entityId, payoutId }: RecordLinkProps) {
  switch (entityType) {
    case "payout":
      return <PayoutLink id={entityId} label="Open the payout" />;
    case "journal_entry":
      return payoutId === null ? null : <PayoutLink id={payoutId} label="Open its payout" />;
    case "payout_schedule":
      return (
        <Link to="/payout-schedules" search={{ open: entityId }}>
          Open the schedule
        </Link>
      );
    case "escrow_hold":
      return (
        <Link to="/escrow-holds" search={{ open: entityId }}>
          Open the hold
        </Link>
      );
    case "transfer":
      return (
        <Link to="/transfers" search={{ open: entityId }}>
          Open the transfer
        </Link>
      );
    case "payee":
      return (
        <Link to="/payees/$id" params={{ id: entityId }} search={{}}>
          Open the payee
        </Link>
      );
    case "placement":
      return (
        <Link to="/payouts" search={{ placement_id: entityId }}>
          Its payouts
        </Link>
      );
    case "settings":
      return (
        <Link to="/settings" search={{}}>
          Open the settings
        </Link>
      );
    case "role_assignment":
    case "role_roster":
      return (
        <Link to="/roles" search={{}}>
          Open the roles
        </Link>
      );
    default:
      return null;
  }
}

function PayoutLink({ id, label }: { id: string; label: string }) {
  return (
    <Link to="/payouts/$id" params={{ id }} search={{}}>
      {label}
    </Link>
  );
}
