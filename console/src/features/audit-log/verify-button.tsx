import { Button } from "@mantine/core";
import { IconShieldCheck } from "@tabler/icons-react";
import { lazy, Suspense, useState } from "react";
import type { NamedRecord } from "./named-record.ts";

const VerifyDialog = lazy(async () => ({ default: (await import("./verify-dialog.tsx")).VerifyDialog }));

/** Checks the record's whole chain in the browser. */
export function VerifyButton({ record }: { record: NamedRecord }) {
  const [opened, setOpened] = useState(false);
  return (
    <>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconShieldCheck size={16} stroke={1.6} />}
        onClick={() => setOpened(true)}
      >
        Verify this record’s chain
      </Button>
      {opened && (
        <Suspense fallback={null}>
          <VerifyDialog record={record} onClose={() => setOpened(false)} />
        </Suspense>
      )}
    </>
  );
}
