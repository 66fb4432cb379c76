"""Tests of tui-migrate."""
