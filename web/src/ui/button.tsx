import { LoaderCircle } from "lucide-react";
import type { ComponentProps } from "react";
import { classNames } from "./class-names.ts";

const VARIANTS = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover",
  secondary: "border border-strong bg-panel text-ink hover:bg-soft",
  ghost: "text-dim hover:bg-soft hover:text-ink",
  danger: "bg-bad-solid text-on-accent hover:opacity-90",
};
const SIZES = { md: "h-8 px-3 text-sm", sm: "h-7 px-2 text-xs" };

/** Visual weight of a button. */
export type ButtonVariant = keyof typeof VARIANTS;

/** Class names of a button, for links that look like one. */
export function buttonClass(
  variant: ButtonVariant = "secondary",
  size: keyof typeof SIZES = "md",
): string {
  return classNames(
    "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors disabled:opacity-55",
    VARIANTS[variant],
    SIZES[size],
  );
}

interface Props extends ComponentProps<"button"> {
  variant?: ButtonVariant;
  size?: keyof typeof SIZES;
  /** Shows a spinner and disables the button. */
  isBusy?: boolean;
}

/** A button of type `button` unless `type` is given. */
export function Button({
  variant = "secondary",
  size = "md",
  isBusy = false,
  className,
  children,
  ...rest
}: Props) {
  return (
    <button
      type="button"
      className={classNames(buttonClass(variant, size), className)}
      {...rest}
      disabled={rest.disabled === true || isBusy}
      aria-busy={isBusy}
    >
      {isBusy && <LoaderCircle className="size-3.5 animate-spin" aria-hidden />}
      {children}
    </button>
  );
}

interface IconProps extends ComponentProps<"button"> {
  /** Accessible name and tooltip. */
  label: string;
}

/** A square button with only an icon. */
export function IconButton({ label, className, children, ...rest }: IconProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      className={classNames(
        "inline-flex size-8 shrink-0 items-center justify-center rounded-md text-dim transition-colors hover:bg-soft hover:text-ink disabled:opacity-40",
        className,
      )}
      {...rest}
    >
      {children}
    </button>
  );
}
