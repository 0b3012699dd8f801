export {
  createSignIn,
  type SignedInIdentity,
  type SignIn,
  type SignInBeginning,
  type SignInFailure,
  type SignInOptions,
} from "./sign-in.ts";
export { CALLBACK_PATH, JWKS_PATH, METADATA_PATH } from "./client-metadata.ts";
