"""Tests of the pure core: tables and golden mails, no servers."""
