import { data } from "react-router";

/** Every address that has no page, whatever the method. */
const nothing = () => {
  throw data(null, { status: 404 });
};
export const loader = nothing;
export const action = nothing;

export default function NotFound() {
  return null;
}
