import { VisuallyHidden } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { shortId } from "../../display/ids.tsx";
import classes from "./provider-reference.module.css";

const COPIED_FOR_MS = 1_500;

/** The provider's id of a transfer, shortened; pressed, it is copied whole. Light enough for a hundred rows. */
export function ProviderReference({ reference }: { reference: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(reference);
    setCopied(true);
    setTimeout(() => setCopied(false), COPIED_FOR_MS);
  };
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <button
      type="button"
      className={classes.reference}
      title={`${reference}\nPress to copy`}
      onClick={() => void copy()}
    >
      {shortId(reference)}
      <Icon size={14} stroke={1.6} aria-hidden />
      <VisuallyHidden>{copied ? "copied" : "copy"}</VisuallyHidden>
    </button>
  );
}
