import { useServerMinute } from "../../api/server-clock.ts";
import { formatDistance, formatMoment } from "../../display/instants.tsx";
import { StatusBadge } from "../../display/status-badge.tsx";
import type { Payee } from "./payee-values.ts";

/** A mark while new destinations aren't used yet; nothing otherwise. */
export function CoolingOff({
  payee: { destination_usable_from: from },
}: {
  payee: Pick<Payee, "destination_usable_from">;
}) {
  const nowMs = useServerMinute();
  if (from === null || Date.parse(from) <= nowMs) return null;
  return (
    <span title={`Nothing is sent before ${formatMoment(from)}`}>
      <StatusBadge status="cooling_off" label={`cooling off, used ${formatDistance(from, nowMs)}`} />
    </span>
  );
}
