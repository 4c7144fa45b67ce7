// Package judge calls the in-memory service of package billingtest with the clients that Microsoft
// publishes: what they cannot read, the service must not send. The test prints a table of client,
// call and outcome.
//
// It is a module of its own, so that these clients never become dependencies of the SDK. The one of
// Graph takes minutes to compile.
package judge
