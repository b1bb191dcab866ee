"""Random secretaries never see a letter sent twice, a draft overwritten, or a wrong final state."""

from hypothesis import HealthCheck, settings

from tests.flow.secretary_machine import Secretary

TestSecretaries = Secretary.TestCase
TestSecretaries.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
