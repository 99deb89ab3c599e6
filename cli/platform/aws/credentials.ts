/** Whether AWS accepts the credentials, as far as that can be checked before Pulumi runs. */

/** What `aws` says when it finds none. Source: botocore/exceptions.py. */
const NONE =
  /Unable to locate (?:credentials|authorization token)|Partial credentials found in|Error when retrieving (?:credentials|token) from|The config profile \([^)]*\) could not be found|The SSO session associated with this profile|Error loading SSO Token|Your session has expired|refreshed credentials are still expired/;

/** What AWS answers to ones that don't count. Source: the EC2, STS and common errors of its API references. */
const REFUSED =
  /An error occurred \((?:AuthFailure|ExpiredToken(?:Exception)?|IncompleteSignature|InvalidAccessKeyId|InvalidClientTokenId|InvalidIdentityToken|MissingAuthenticationToken(?:Exception)?|RequestExpired|SignatureDoesNotMatch|UnrecognizedClientException)\)/;

/** Whether this, said by `aws`, is about credentials. Any other refusal is no reason to stop. */
export function isAboutCredentials(message: string): boolean {
  return NONE.test(message) || REFUSED.test(message);
}
