import { Alert } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { addressAllowed, parseCidr } from "../../../../shared/access/network.ts";
import { answerOf } from "../../api/api-problem.ts";
import { useLive } from "../../api/live.ts";
import { formatMoment } from "../../display/instants.tsx";
import { useApi, useConsole } from "../../session/console-context.tsx";

/**
 * Warns when a list would leave out the address that the person was last seen at. A browser doesn't know its own address;
 * the activity log does for those who have done something that it keeps. The API refuses such a list in any case.
 */
export function OwnAddressNotice({ ranges }: { ranges: readonly string[] }) {
  const api = useApi();
  const { me } = useConsole();
  const { data } = useLive({
    queryKey: ["activity", "own-address", me.subject],
    queryFn: ({ signal }) =>
      answerOf(api.GET("/v2/activity", { params: { query: { subject: me.subject, limit: 1 } }, signal })),
    enabled: ranges.length > 0,
    still: true,
  });
  const seen = data?.data[0];
  if (ranges.length === 0 || seen === undefined || seen.source_ip === null) return null;
  const allowedCidrs = ranges.flatMap((range) => {
    const parsed = parseCidr(range);
    return parsed.ok ? [parsed.cidr] : [];
  });
  if (allowedCidrs.length > 0 && addressAllowed({ allowedCidrs }, seen.source_ip)) return null;
  return (
    <Alert color="yellow" icon={<IconAlertTriangle size={18} />}>
      No range holds {seen.source_ip}, the address that you were seen at on {formatMoment(seen.created_at)}. A list
      without your own address is refused: it would lock you out.
    </Alert>
  );
}
