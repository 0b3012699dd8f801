export {
  createSignIn,
  type SignedInIdentity,
  type SignIn,
  type SignInBeginning,
  type SignInFailure,
  type SignInOptions,
} from "./sign-in.ts";
