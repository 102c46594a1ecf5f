import { Button, Tooltip } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import { useWhyNot } from "../../session/console-context.tsx";

const CreatePayeeDialog = lazy(async () => ({ default: (await import("./payee-dialogs.tsx")).CreatePayeeDialog }));

/** A button that asks for a new payee; `id` where it is known already. */
export function CreatePayee({ id }: { id?: string }) {
  const [opened, setOpened] = useState(false);
  const reason = useWhyNot("payouts.create");
  return (
    <>
      <Tooltip label={reason} disabled={reason === undefined} events={{ hover: true, focus: true, touch: true }}>
        <Button
          leftSection={<IconPlus size={16} stroke={1.6} />}
          data-disabled={reason !== undefined || undefined}
          aria-disabled={reason !== undefined}
          onClick={() => reason === undefined && setOpened(true)}
        >
          Create a payee
        </Button>
      </Tooltip>
      {opened && (
        <Suspense fallback={null}>
          <CreatePayeeDialog id={id} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}
