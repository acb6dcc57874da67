"""The 120 indicators that the feature benchmarks compute: every dimension, every kind of window."""

from collections.abc import Mapping

BY_DIMENSION: Mapping[str, str] = {
    "basic": """
        age_months is_establishment_unknown registered_capital_log is_dormant is_revoked is_company
        is_branch is_partnership is_individual_business is_food_industry
        is_special_equipment_industry is_food_manufacturing is_manufacturing is_wholesale is_retail
        is_catering officers
    """,
    "dynamics": """
        changes_6m changes_12m changes_36m name_changes_36m legal_representative_changes_36m
        address_changes_36m days_since_last_change annual_report_missing annual_reports_late_3y
        annual_reports_on_time_3y days_since_last_annual_report employees revenue_log assets_log
        licences_valid licences_expired licences_expiring days_to_licence_expiry equity_pledges_open
        equity_pledged_open_log shareholder_moves_36m officer_moves_12m
    """,
    "supervision": """
        penalties_3m penalties_6m penalties_12m penalties_24m penalties_36m penalties_60m
        penalties_trend_24m penalty_free_months serious_penalties_36m serious_penalties_60m
        fines_12m_log fines_36m_log largest_fine_60m_log days_since_last_penalty
        repeat_penalties_60m warnings_36m suspension_penalties_60m
        inspections_12m inspections_36m problem_inspections_12m problem_inspections_36m
        problem_ratio_36m critical_ratio_36m last_inspection_problem last_critical_findings
        critical_findings_mean_36m days_since_last_inspection days_since_last_problem
        follow_ups_36m refused_inspections_60m
        on_abnormal_operations_list on_serious_violation_list abnormal_listings_36m listings_60m
        days_since_last_listing
        sampling_tests_36m failed_sampling_tests_12m failed_sampling_tests_36m
        test_failure_ratio_36m days_since_last_failed_test
        compulsory_measures_36m accidents_60m liable_accidents_60m ordered_recalls_36m
        commitments_36m
    """,
    "related_parties": """
        related_enterprises related_revoked related_penalties_36m related_problem_inspections_36m
        related_listings address_enterprises address_penalties_36m address_problem_inspections_36m
        industry_problem_ratio_36m area_problem_ratio_36m
    """,
    "social": """
        complaints_3m complaints_12m complaints_36m verified_complaints_36m
        verified_complaints_ratio_36m product_quality_complaints_24m days_since_last_complaint
        honours_valid
    """,
    "food": """
        has_valid_food_licence food_production_licences food_penalties_12m food_penalties_36m
        food_fines_36m_log food_tests_36m failed_food_tests_36m food_inspections_36m
        food_complaints_12m food_complaints_36m
    """,
    "special_equipment": """
        units_in_use boilers_in_use elevators_in_use units_uninspected units_failed
        unit_age_highest_days unit_failures_36m has_valid_equipment_licence
    """,
}

CHOSEN: tuple[str, ...] = tuple(name for names in BY_DIMENSION.values() for name in names.split())
