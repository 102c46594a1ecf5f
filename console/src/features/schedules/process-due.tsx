import { Button, Tooltip } from "@mantine/core";
import { IconPlayerTrackNext } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useWhyNot } from "../../session/console-context.tsx";
import { type Due, formatDue } from "../parts/due-state.ts";

const ProcessDueDialog = lazy(async () => ({ default: (await import("./process-due-dialog.tsx")).ProcessDueDialog }));

/** Pays what is due now instead of waiting for the sweep. */
export function ProcessDue({ due }: { due: Due | undefined }) {
  const [opened, setOpened] = useState(false);
  const barred = useWhyNot("payouts.process");
  const reason = barred ?? (due === undefined || due.count === 0 ? "Nothing is due" : undefined);
  return (
    <>
      <Tooltip label={reason} disabled={reason === undefined} events={{ hover: true, focus: true, touch: true }}>
        <Button
          variant="default"
          leftSection={<IconPlayerTrackNext size={16} stroke={1.6} />}
          data-disabled={reason !== undefined || undefined}
          aria-disabled={reason !== undefined}
          onClick={() => reason === undefined && setOpened(true)}
        >
          Process due{due === undefined || due.count === 0 ? "" : ` (${formatDue(due)})`}
        </Button>
      </Tooltip>
      {opened && due !== undefined && (
        <Suspense fallback={null}>
          <ProcessDueDialog due={due} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}
