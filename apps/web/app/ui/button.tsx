import type { ReactNode } from "react";

interface ButtonProps {
  children: ReactNode;
  /** `quiet` is the second choice; `grave` cannot be undone or says no to somebody. */
  look?: "plain" | "quiet" | "grave";
  name?: string;
  value?: string;
}

export const Button = ({ children, look = "plain", ...rest }: ButtonProps) => (
  <button type="submit" className={`button ${look}`} {...rest}>
    {children}
  </button>
);

/** Looks like a button and only leads somewhere. */
export const ButtonLink = ({
  to,
  children,
  look = "plain",
}: {
  to: string;
  children: ReactNode;
  look?: "plain" | "quiet";
}) => (
  <a className={`button ${look}`} href={to}>
    {children}
  </a>
);
